import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * What tells a process from a later one that was given the same number: when it began. Undefined when there is no such
 * process, or no way to know.
 */
export function processStamp(pid: number): string | undefined {
  if (process.platform === 'linux') return stampOfProc(pid)
  return process.platform === 'win32' ? stampOfSignal(pid) : stampOfPs(pid)
}

/** The boot, and the 22nd field of `/proc/PID/stat`: ticks since then. The second field may hold blanks and brackets. */
function stampOfProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended: only its parent has not heard of it yet.
    if (state === 'Z' || state === 'X') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[18] ?? ''}`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

function stampOfPs(pid: number): string | undefined {
  const { stdout, error } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const stamp = error === undefined ? stdout.trim() : ''
  return stamp === '' ? undefined : stamp
}

/** Only that there is a process of that number. */
function stampOfSignal(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
    return 'there'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'there' : undefined
  }
}

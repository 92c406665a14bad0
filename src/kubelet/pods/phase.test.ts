import { expect, test } from 'vitest'
import type { ContainerState, ContainerStatus, PodSpec } from '../../api/types.generated.ts'
import { phaseOf } from './phase.ts'

/** `run`, `wait`, an exit code, or `wait:1` for one that waits after exit code 1; `run?` has not passed its startup probe. */
function status(text: string): ContainerStatus {
  const [word = '', last] = text.split(':')
  const state: ContainerState = word.startsWith('run')
    ? { running: {} }
    : word === 'wait'
      ? { waiting: {} }
      : { terminated: { exitCode: Number(word) } }
  const lastState = last === undefined ? {} : { terminated: { exitCode: Number(last) } }
  return { name: '', image: '', imageID: '', ready: false, restartCount: 0, state, lastState, started: word === 'run' }
}

/** `init a, sidecar b | main c`: each with its state. */
test.each([
  { init: [], main: ['wait'], policy: 'Always', phase: 'Pending' },
  { init: [], main: ['run', 'wait'], policy: 'Always', phase: 'Pending' },
  { init: [], main: ['run', 'run'], policy: 'Always', phase: 'Running' },
  { init: [], main: ['run', '1'], policy: 'Never', phase: 'Running' },
  { init: [], main: ['0', '0'], policy: 'Never', phase: 'Succeeded' },
  { init: [], main: ['0', '1'], policy: 'Never', phase: 'Failed' },
  { init: [], main: ['0', '1'], policy: 'OnFailure', phase: 'Running' },
  { init: [], main: ['0', '0'], policy: 'OnFailure', phase: 'Succeeded' },
  { init: [], main: ['0'], policy: 'Always', phase: 'Running' },
  { init: [], main: ['wait:1'], policy: 'Always', phase: 'Running' },
  { init: [], main: ['run', 'wait:1'], policy: 'Always', phase: 'Running' },
  { init: [], main: ['1'], policy: 'Always', isTerminal: true, phase: 'Failed' },
  { init: [], main: ['0'], policy: 'Always', isTerminal: true, phase: 'Succeeded' },
  { init: ['run'], main: ['wait'], policy: 'Always', phase: 'Pending' },
  { init: ['wait'], main: ['wait'], policy: 'Always', phase: 'Pending' },
  { init: ['1'], main: ['wait'], policy: 'Never', phase: 'Failed' },
  { init: ['1'], main: ['wait'], policy: 'OnFailure', phase: 'Pending' },
  { init: ['wait:1'], main: ['wait'], policy: 'Always', phase: 'Pending' },
  { init: ['0'], main: ['run'], policy: 'Always', phase: 'Running' },
  { init: ['+run?'], main: ['wait'], policy: 'Always', phase: 'Pending' },
  { init: ['+run'], main: ['run'], policy: 'Always', phase: 'Running' },
  { init: ['+run'], main: ['0'], policy: 'Never', phase: 'Running' },
  { init: ['+0'], main: ['0'], policy: 'Never', phase: 'Succeeded' },
  { init: ['+wait:1'], main: ['run'], policy: 'Always', phase: 'Running' },
] as const)('$init | $main under $policy: $phase', ({ init, main, policy, phase, ...rest }) => {
  const spec: PodSpec = {
    restartPolicy: policy,
    initContainers: init.map((text) => ({ name: '', ...(text.startsWith('+') ? { restartPolicy: 'Always' } : {}) })),
    containers: main.map(() => ({ name: '' })),
  }
  const statuses = { init: init.map((text) => status(text.replace('+', ''))), main: main.map(status) }
  expect(phaseOf(spec, statuses, { isTerminal: 'isTerminal' in rest })).toBe(phase)
})

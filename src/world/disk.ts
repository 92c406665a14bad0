/** The file system, as a port. Paths are absolute; text is UTF-8. */
export interface Disk {
  read(path: string): Promise<Uint8Array>
  readText(path: string): Promise<string>
  /** Replaces the file as a whole, or not at all. `mode` as for chmod. */
  write(path: string, content: string | Uint8Array, options?: { mode?: number }): Promise<void>
  remove(path: string): Promise<void>
  makeDirectory(path: string): Promise<void>
  /** Names in a directory, sorted; `undefined` when it is not a directory. */
  list(path: string): Promise<readonly string[] | undefined>
  exists(path: string): Promise<boolean>
  /** Opens a file for reading at any place, or for writing at its end; the latter makes it when it is not there. */
  open(path: string, mode: 'read' | 'append'): Promise<DiskFile>
  /** Gives a file or directory another name; a file of that name is replaced. */
  rename(from: string, to: string): Promise<void>
  /** Takes a directory's lock file for this process. Rejects with a `DiskLockedError` while another one holds it. */
  lock(path: string): Promise<DiskLock>
}

/** An open file. What was appended survives the process at once, and the machine's power only after `sync`. */
export interface DiskFile {
  /** Fills `into` from `position` on; returns how many bytes there were. */
  read(into: Uint8Array, position: number): Promise<number>
  append(bytes: Uint8Array): Promise<void>
  /** Cuts the file to so many bytes. */
  truncate(sizeBytes: number): Promise<void>
  sizeBytes(): Promise<number>
  sync(): Promise<void>
  close(): Promise<void>
}

export interface DiskLock {
  release(): Promise<void>
}

export class DiskLockedError extends Error {
  override readonly name = 'DiskLockedError'

  constructor(path: string, holder: string) {
    super(`${path} is held by process ${holder}`)
  }
}

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
}

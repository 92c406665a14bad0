import { stringify } from 'yaml'

/** A value as `-o json` or `-o yaml` prints it. */
export function printStructured(value: unknown, format: string): string {
  return format === 'json' ? JSON.stringify(value, undefined, 2) : stringify(value).trimEnd()
}

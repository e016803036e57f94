import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a directory of the host that a job mounts and that is not there, as Docker would: it is for jobs of any user, and so has mode 0755
 * though the server keeps what it makes to itself.
 */
export function makeHostDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true })
  if (first === undefined) return
  for (let made = path; ; made = dirname(made)) {
    chmodSync(made, 0o755)
    if (made === first || made === dirname(made)) return
  }
}

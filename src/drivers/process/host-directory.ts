import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a missing directory of the host that a job mounts, as Docker would. It is for jobs of any
 * user, so its mode is 0755, although the server closes its own files to others.
 */
export function makeHostDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true })
  if (first === undefined) return
  for (let made = path; ; made = dirname(made)) {
    chmodSync(made, 0o755)
    if (made === first || made === dirname(made)) return
  }
}

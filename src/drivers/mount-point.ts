/**
 * Mount points that a driver makes on the host, where a job mounts at a path that does not exist.
 * They stay, so they must not be taken for directories of the lab's. What marks them is a mode that
 * nobody gives a directory that is in use.
 */
import { type Stats, statSync } from 'node:fs'

/** Whoever is not root can neither enter nor list it. What is mounted there has its own mode. */
export const mountPointMode = 0

/** Whether there is something at the path, other than a mount point of ours. */
export function isLabsOwn(path: string): boolean {
  let found: Stats | undefined
  try {
    found = statSync(path, { throwIfNoEntry: false })
  } catch {
    // It is there and cannot be looked at, or the way to it is no directory.
    return false
  }
  return found !== undefined && (found.mode & 0o7777) !== mountPointMode
}

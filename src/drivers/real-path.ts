/**
 * Holds a job's host path against the file system, where the links are. The text of the path was
 * checked when the job was submitted, but a link can be made afterwards.
 */
import { lstatSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { AllowedHostPath } from '../model/host-path.ts'
import { findAllowed, isWithin, readHostPath } from '../model/host-path.ts'

export interface RealPathRules {
  readonly allowed: readonly AllowedHostPath[]
  /**
   * Directories and files that are the server's own, or its drivers': no job of an ordinary user
   * gets them, what is in them, or what they are in.
   */
  readonly guarded: readonly string[]
}

/**
 * Returns where the source of the mount leads, or why it may not be mounted. What does not exist
 * yet is where it will be made.
 */
export function allowedRealPath(
  { sourcePath, readOnly }: { readonly sourcePath: string; readonly readOnly: boolean },
  { allowed, guarded }: RealPathRules,
): { readonly path: string } | { readonly why: string } {
  const read = readHostPath(sourcePath)
  const entry = 'why' in read ? read : findAllowed(read.path, allowed)
  if ('why' in read || 'why' in entry)
    return { why: `the host path ${sourcePath} ${'why' in read ? read.why : 'is not allowed'}` }
  const path = realPath(read.path)
  if (path === undefined) return { why: `the host path ${sourcePath} leads nowhere` }
  const roots = allowed.flatMap((one) => {
    const root = realPath(one.path)
    return root === undefined ? [] : [{ ...one, path: root }]
  })
  const found = findAllowed(path, roots)
  if ('why' in found) return { why: `the host path ${sourcePath} leads to ${path}, which ${found.why}` }
  if (found.readOnly && !readOnly)
    return { why: `the host path ${sourcePath} leads to ${path}, which is allowed for reading only` }
  const reachesOwn = guarded.some((one) => {
    const own = realPath(one)
    return own !== undefined && (isWithin(path, own) || isWithin(own, path))
  })
  return reachesOwn ? { why: `the host path ${sourcePath} reaches files of the server` } : { path }
}

/** Undefined for a link that leads nowhere: whatever is made there later would be mounted. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return undefined
  }
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined || dirname(path) === path) return undefined
  const parent = realPath(dirname(path))
  return parent && join(parent, basename(path))
}

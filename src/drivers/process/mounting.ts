/**
 * Mounts for a plain process: bind mounts in a mount namespace of the attempt's own, which ends
 * with it. Nothing of them is seen outside. A server that may not make such namespaces gives jobs
 * only the mounts that need no mounting.
 *
 * The mounts are made by programs that are still root, from and at paths that jobs may change. So a
 * path is opened, the kernel is asked which path was opened, and the opened file is mounted. System
 * directories are never covered: programs that are still root would then be the job's.
 */
import { readHostPath } from '../../model/host-path.ts'
import type { AttemptSpec, MountSpec } from '../driver.ts'
import type { MountingPrograms } from './host-tools.ts'

/** A bind mount. Both paths are real. */
export interface BindMount {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
}

/**
 * What a mount needs. `none`: the job finds everything in its place. `told`: it would be mounted if
 * the server could, and does no harm unmounted.
 */
export type MountNeed = 'none' | 'told' | 'mount' | { readonly why: string }

export function needOf(mount: MountSpec, canMount: boolean): MountNeed {
  const target = readHostPath(mount.containerPath)
  if ('why' in target) return { why: `cannot mount at ${mount.containerPath}, because it ${target.why}` }
  const isInPlace = mount.kind === 'scratch' ? target.path === '/tmp' : withoutSlash(mount.sourcePath) === target.path
  if (isInPlace && mount.kind === 'host')
    return mount.readOnly ? (canMount && !isSystem(target.path) ? 'mount' : 'told') : 'none'
  if (isInPlace) return canMount ? 'mount' : 'told'
  const what = mount.kind === 'scratch' ? 'scratch space' : mount.isSupplied ? 'what is supplied' : mount.sourcePath
  if (!canMount) return { why: `cannot mount ${what} at ${mount.containerPath}` }
  return isSystem(target.path) ? { why: `mounts nothing at ${mount.containerPath}, where the system is` } : 'mount'
}

/** Programs that are root while they start a job are in these, or read them. */
const systemDirectories =
  '/bin /boot /dev /etc /lib /lib32 /lib64 /libx32 /proc /root /run /sbin /sys /usr /var/run'.split(' ')
/** Nothing that starts a job is read from below these. */
const openBelow = [
  '/run/user',
  '/usr/local/aws-cli',
  '/usr/local/bin/fetch_and_run.sh',
  '/usr/local/share',
  '/usr/local/src',
  '/var/run/user',
]

/** Whether a mount there would cover a part of the system, or all of it. */
export function isSystem(path: string): boolean {
  if (openBelow.some((open) => isAt(path, open))) return false
  return systemDirectories.some((directory) => isAt(path, directory) || isAt(directory, path))
}

function isAt(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`)
}

export function covers(target: string, path: string): boolean {
  return isAt(path, target)
}

/**
 * In the order in which they can be made: a source that another mount would hide goes first, and
 * then a directory goes before what is mounted below it.
 */
export function inOrder(mounts: readonly BindMount[]): readonly BindMount[] {
  const isHidden = ({ source }: BindMount) =>
    mounts.some((other) => covers(other.target, source) && other.source !== source)
  const depth = ({ target }: BindMount) => target.split('/').length
  return mounts.toSorted((one, other) => Number(isHidden(other)) - Number(isHidden(one)) || depth(one) - depth(other))
}

/** Scratch volumes of an attempt that has no group: they are kept as those of a group of its own. */
export function groupOf({ group, mounts, name }: AttemptSpec): AttemptSpec['group'] {
  if (group !== undefined) return group
  const isElsewhere = (mount: MountSpec) => mount.kind === 'scratch' && withoutSlash(mount.containerPath) !== '/tmp'
  return mounts.some(isElsewhere) ? { name, ownAddress: false } : undefined
}

/** Shell lines that make the mounts; `fail` is shell text that fails with the reason in $why. */
export function mountingLines(
  mounts: readonly BindMount[],
  { mount, readlink }: MountingPrograms,
  { quote, fail }: { readonly quote: (word: string) => string; readonly fail: string },
): string[] {
  const opened = (fd: number, path: string) =>
    `[ "$(${quote(readlink)} /proc/self/fd/${fd})" = ${quote(path)} ] || { why=${quote(`${path} was replaced`)}; ${fail}; }`
  const run = (words: string) => `why=$(${quote(mount)} -c -n ${words} 2>&1) || ${fail}`
  return mounts.flatMap(({ source, target, readOnly }) => [
    ...[source, target].map(
      (path) => `[ -d ${quote(path)} ] || [ -f ${quote(path)} ] || { why=${quote(`there is no ${path}`)}; ${fail}; }`,
    ),
    `exec 7< ${quote(source)} 8< ${quote(target)}`,
    ...[opened(7, source), opened(8, target)],
    run('--rbind /proc/self/fd/7 /proc/self/fd/8'),
    ...(readOnly
      ? [
          // The old descriptor leads below the mount.
          `exec 8< ${quote(target)}`,
          `[ /proc/self/fd/7 -ef /proc/self/fd/8 ] || { why=${quote(`${target} was replaced`)}; ${fail}; }`,
          run('-o remount,bind,ro /proc/self/fd/8'),
        ]
      : []),
  ])
}

function withoutSlash(path: string): string {
  return path === '/' ? path : path.replace(/\/+$/, '')
}

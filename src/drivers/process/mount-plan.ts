/**
 * Which mounts an attempt gets, on this machine: finds the real paths, and decides which mount
 * points may be made where none is.
 */
import { closeSync, lstatSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { shippedHostPaths } from '../../model/host-path-map.ts'
import type { AttemptSpec, MountSpec } from '../driver.ts'
import { mountPointMode } from '../mount-point.ts'
import { allowedRealPath, realPath } from '../real-path.ts'
import { makeHostDirectory, makeRealDirectory } from './host-directory.ts'
import { type BindMount, covers, inOrder, isSystem, needOf } from './mounting.ts'

export interface MountPlace {
  readonly canMount: boolean
  /** What no job of an ordinary user may mount. */
  readonly guarded: readonly string[]
  /** Paths that the attempt needs, and that no mount may cover. */
  readonly needed: readonly string[]
  /** Where a scratch volume of the attempt is, or will be. */
  readonly scratchPath: (volume: string) => string
  /** What `TMPDIR` names for the attempt. */
  readonly temporaryDirectory: string
  /** Whether the attempt runs under an account of its owner's. */
  readonly hasAccount: boolean
}

/** Paths that programs of workflow managers are mounted at, beside those of the shipped map. */
const otherMountPoints = ['/var/scratch/fetch_and_run.sh']

/** Makes nothing. Returns a clause that follows "the process driver" where a mount is refused. */
export function planMounts(spec: AttemptSpec, place: MountPlace): readonly BindMount[] | { readonly why: string } {
  const planned: BindMount[] = []
  for (const mount of spec.mounts) {
    const need = needOf(mount, place.canMount)
    if (typeof need === 'object') return need
    if (need !== 'mount') continue
    const bind = bindOf(mount, spec, place)
    if (bind !== undefined && 'why' in bind) return bind
    if (bind !== undefined) planned.push(bind)
  }
  const tmp = place.canMount ? ownTmp(spec, place) : undefined
  return inOrder(tmp === undefined ? planned : [...planned, tmp])
}

/**
 * A container has a `/tmp` of its own. So has a job that mounts scratch space, unless it needs
 * something of the machine's `/tmp`. Cromwell's jobs mount `/cromwell_root` and work in
 * `/tmp/scratch`, where two of them would meet.
 */
function ownTmp({ mounts }: AttemptSpec, place: MountPlace): BindMount | undefined {
  const [target, source] = [realPath('/tmp'), realPath(place.temporaryDirectory)]
  if (target === undefined || source === undefined || isSystem(target)) return undefined
  if (mounts.every(({ kind }) => kind !== 'scratch')) return undefined
  const named = mounts.flatMap((mount) => [mount.containerPath, ...(mount.kind === 'host' ? [mount.sourcePath] : [])])
  const isNeeded = [...place.needed, ...named.map((path) => realPath(path) ?? path)].some((path) =>
    covers(target, path),
  )
  return isNeeded ? undefined : { source, target, readOnly: false }
}

function bindOf(mount: MountSpec, spec: AttemptSpec, place: MountPlace): BindMount | { why: string } | undefined {
  const { containerPath, readOnly } = mount
  const target = realPath(containerPath)
  const isElsewhere =
    mount.kind === 'scratch' ? containerPath.replace(/\/+$/, '') !== '/tmp' : mount.sourcePath !== containerPath
  // Without the mount, TMPDIR still names the scratch space, and the path under its own name is there.
  const refused = (why: string) => (isElsewhere ? { why } : undefined)
  if (target === undefined || isSystem(target))
    return refused(
      `mounts nothing at ${containerPath}, which leads ${target === undefined ? 'nowhere' : 'into the system'}`,
    )
  if (place.needed.some((path) => covers(target, path)))
    return refused(`cannot mount at ${containerPath}, which holds files that the job needs`)
  const source = sourceOf(mount, spec, place)
  if (typeof source !== 'string') return source
  const found = statSync(source, { throwIfNoEntry: false })
  if (found && !found.isFile() && !found.isDirectory())
    return refused(`cannot mount ${source}, which is neither a file nor a directory`)
  if (place.hasAccount && !mayBeMade(containerPath, target))
    return { why: `has no ${containerPath} to mount at, and makes none for the job of an ordinary user` }
  return { source, target, readOnly }
}

function sourceOf(mount: MountSpec, { confinement }: AttemptSpec, place: MountPlace): string | { why: string } {
  const { guarded, scratchPath } = place
  const path = mount.kind === 'scratch' ? scratchPath(mount.volume) : mount.sourcePath
  if (mount.kind === 'host' && !mount.isSupplied && confinement !== undefined) {
    const allowed = allowedRealPath(mount, { allowed: confinement.hostPaths, guarded })
    return 'why' in allowed ? allowed : allowed.path
  }
  return realPath(path) ?? { why: `cannot mount ${path}, which leads nowhere` }
}

/** An ordinary user makes no files of root's all over the machine. */
function mayBeMade(containerPath: string, target: string): boolean {
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return true
  return otherMountPoints.includes(containerPath) || shippedHostPaths.has(containerPath.replace(/\/+$/, ''))
}

/**
 * Makes the mount points that do not exist. They stay, empty and closed: nobody may know that no
 * other server mounts there. Their mode tells that they are no directory of the lab's
 * (`mount-point.ts`). The sources exist.
 */
export function makeMountPoints(mounts: readonly BindMount[]): void {
  for (const { source, target } of mounts) {
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) continue
    makeRealDirectory(dirname(target))
    if (statSync(source, { throwIfNoEntry: false })?.isFile()) closeSync(openSync(target, 'wx', mountPointMode))
    else mkdirSync(target, { mode: mountPointMode })
  }
}

/** The reason of a start that needs a directory which does not exist, if it does. */
export function missingDirectory(mounts: readonly MountSpec[]): string | undefined {
  for (const mount of mounts) {
    if (mount.kind !== 'host' || mount.mustExist === undefined) continue
    if (!statSync(mount.sourcePath, { throwIfNoEntry: false })?.isDirectory()) return mount.mustExist
  }
  return undefined
}

/** Directories of the host that do not exist, as Docker makes them. Throws if one may not be made. */
export function makeSources({ confinement, mounts }: AttemptSpec, guarded: readonly string[]): void {
  for (const mount of mounts) {
    const isMade = mount.kind === 'host' && !mount.mustExist && !mount.isSupplied
    if (!isMade || statSync(mount.sourcePath, { throwIfNoEntry: false }) !== undefined) continue
    if (confinement === undefined) {
      makeHostDirectory(mount.sourcePath)
      continue
    }
    // A link may lead elsewhere since the mounts were examined.
    const found = allowedRealPath(mount, { allowed: confinement.hostPaths, guarded })
    if ('why' in found) throw new Error(found.why)
    makeRealDirectory(found.path)
  }
}

/** Where host paths, and file systems of EFS and S3 Files, really are (docs/operate/host-paths.md). */
import { Type } from 'typebox'
import { isLabsOwn } from '../../drivers/mount-point.ts'
import type { FileSystemMap } from '../../model/file-systems.ts'
import type { AllowedHostPath } from '../../model/host-path.ts'
import { readHostPath } from '../../model/host-path.ts'
import { type HostPathMap, type HostPathTarget, hostPathMapOf } from '../../model/host-path-map.ts'
import { limits } from '../../model/limits.ts'

type Entries = Readonly<Record<string, unknown>>

export const HostPathsSchema = Type.Record(Type.String(), Type.Unknown(), {
  description:
    'where host paths in definitions really are: another path, `{ scratch: true }` for a directory of the attempt, `{ supplied: aws }` for the supplied command, or `{ refused: why }`; over the shipped entries',
  default: {},
})

export const FileSystemsSchema = Type.Record(Type.String(), Type.String(), {
  description:
    'directories that stand for file systems of EFS and S3 Files, by fs-…, by the id of an access point, or by the ARN',
  default: {},
})

interface Settings {
  readonly hostPaths: Entries
  readonly fileSystems: Readonly<Record<string, string>>
  readonly drivers: Readonly<Record<string, Readonly<Record<PropertyKey, unknown>>>>
}

/** What the schema cannot say. */
export function problemsOfPlaces({ drivers, fileSystems, hostPaths }: Settings): string[] {
  return [
    ...problemsOfEntries('hostPaths', hostPaths),
    ...Object.entries(drivers).flatMap(([name, settings]) =>
      problemsOfEntries(`drivers.${name}.hostPaths`, entriesOf(settings)),
    ),
    ...tooMany('fileSystems', fileSystems),
    ...Object.entries(fileSystems).flatMap(([id, path]) => [
      ...(/^(fs|fsap)-[0-9a-zA-Z]+$|^arn:/.test(id)
        ? []
        : [`fileSystems: ${JSON.stringify(id)} is no id of a file system or an access point, and no ARN of one`]),
      ...problemOfPath(`fileSystems.${id}`, path),
    ]),
  ]
}

/** For settings without problems. */
export function placesFrom(
  { drivers, fileSystems, hostPaths }: Settings,
  granted: readonly AllowedHostPath[],
  exists: (path: string) => boolean = isLabsOwn,
): {
  readonly hostPaths: HostPathMap
  readonly hostPathsOfDrivers: ReadonlyMap<string, HostPathMap>
  readonly fileSystems: FileSystemMap
} {
  const all = mapOf(hostPaths)
  const ofDrivers = Object.entries(drivers).flatMap(([name, settings]) => {
    const own = mapOf(entriesOf(settings))
    return own.size === 0 ? [] : [[name, hostPathMapOf(new Map([...all, ...own]), granted, exists)] as const]
  })
  return {
    hostPaths: hostPathMapOf(all, granted, exists),
    hostPathsOfDrivers: new Map(ofDrivers),
    fileSystems: new Map(Object.entries(fileSystems).map(([id, path]) => [id, shortest(path)])),
  }
}

function entriesOf(settings: Readonly<Record<PropertyKey, unknown>>): Entries {
  return (settings.hostPaths as Entries | undefined) ?? {}
}

function problemsOfEntries(where: string, entries: Entries): string[] {
  return [
    ...tooMany(where, entries),
    ...Object.entries(entries).flatMap(([path, entry]) => [
      ...problemOfPath(where, path),
      ...(typeof entry === 'string'
        ? problemOfPath(`${where}.${path}`, entry)
        : targetOf(entry) === undefined
          ? [`${where}.${path}: must be a path, { scratch: true }, { supplied: aws } or { refused: why }`]
          : []),
    ]),
  ]
}

function tooMany(where: string, entries: Entries): string[] {
  const { length } = Object.keys(entries)
  return length > limits.hostPathEntries
    ? [`${where}: has ${length} entries, and may have ${limits.hostPathEntries}`]
    : []
}

function problemOfPath(where: string, path: string): string[] {
  const read = readHostPath(path)
  return 'why' in read ? [`${where}: ${JSON.stringify(path)} ${read.why}`] : []
}

function mapOf(entries: Entries): HostPathMap {
  return new Map(Object.entries(entries).map(([path, entry]) => [shortest(path), targetOf(entry)!]))
}

function targetOf(entry: unknown): HostPathTarget | undefined {
  if (typeof entry === 'string') return { kind: 'host', to: shortest(entry) }
  if (typeof entry !== 'object' || entry === null || Object.keys(entry).length !== 1) return undefined
  const { to, scratch, supplied, refused } = entry as Entries
  if (typeof to === 'string' && 'path' in readHostPath(to)) return { kind: 'host', to: shortest(to) }
  if (scratch === true) return { kind: 'scratch' }
  if (supplied === 'aws') return { kind: 'supplied', what: 'aws' }
  return typeof refused === 'string' && refused !== '' ? { kind: 'refused', why: refused } : undefined
}

function shortest(path: string): string {
  const read = readHostPath(path)
  return 'why' in read ? path : read.path
}

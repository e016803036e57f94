/** Figures of the object store: uploads, the disks of buckets, and what lifecycle rules ended. */

import { DiskFigures, type DiskRoom } from './figures/disk-figures.ts'
import type { ServerMetrics } from './metrics.ts'

export interface ObjectFigures {
  readonly uploadsOpen: () => number
  /** The directories in which buckets are. */
  readonly directories: () => readonly string[]
  readonly leftOutOfAttributes: () => number
  /** What was ended since the start, by its kind. */
  readonly ended: () => Readonly<Record<string, number>>
}

export function registerObjects(
  metrics: Pick<ServerMetrics, 'gauge' | 'add' | 'before'>,
  { uploadsOpen, directories, ended, leftOutOfAttributes }: ObjectFigures,
): void {
  metrics.gauge(
    'openbatch_object_uploads_open',
    'Uploads of objects in parts that are neither completed nor given up',
    uploadsOpen,
  )
  metrics.gauge(
    'openbatch_object_attributes_left_out',
    'Writes of objects of which only the index says what an extended attribute should say too',
    leftOutOfAttributes,
  )
  metrics.add({
    ...{ kind: 'counter', name: 'openbatch_objects_expired_total', labelNames: ['kind'] },
    help: 'Objects, versions and uploads that lifecycle rules ended',
    read: () => Object.entries(ended()).map(([kind, count]) => [{ kind }, count] as const),
  })
  const disks = new BucketDisks(directories)
  metrics.before(() => disks.look())
  const ofDisks = (name: string, help: string, read: (room: DiskRoom) => number) =>
    metrics.add({
      ...{ kind: 'gauge', name: `openbatch_object_disk_${name}`, labelNames: ['directory'] },
      help: `${help} on a file system of buckets`,
      read: () => disks.rooms().map(([directory, room]) => [{ directory }, read(room)] as const),
    })
  ofDisks('size_bytes', 'Size', ({ sizeBytes }) => sizeBytes)
  ofDisks('free_bytes', 'Free room', ({ freeBytes }) => freeBytes)
}

class BucketDisks {
  readonly #directories: () => readonly string[]
  #disks: ReadonlyMap<string, DiskFigures> = new Map()

  constructor(directories: () => readonly string[]) {
    this.#directories = directories
  }

  /** Of each file system, with the first directory that is on it. */
  rooms(): (readonly [directory: string, room: DiskRoom])[] {
    const shown = new Map<number, readonly [string, DiskRoom]>()
    for (const [directory, { room }] of this.#disks)
      if (room && !shown.has(room.device)) shown.set(room.device, [directory, room])
    return [...shown.values()]
  }

  async look(): Promise<void> {
    const before = this.#disks
    this.#disks = new Map(this.#directories().map((path) => [path, before.get(path) ?? new DiskFigures(path)]))
    await Promise.all([...this.#disks.values()].map((disk) => disk.look()))
  }
}

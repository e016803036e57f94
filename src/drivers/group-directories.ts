import { chmod, chown, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What the attempts of a group have in common on the disk, for the drivers that use one:
 *
 *     HOME/GROUP/parts/ATTEMPT     an empty file for each attempt that is part of it
 *     HOME/GROUP/volumes/VOLUME    its scratch volumes
 *
 * The files are the truth, so whatever was killed and when, the last part that leaves knows that it
 * is the last. A driver keeps beside each attempt to which group it belongs, from before it joins
 * until after it left.
 */
export interface GroupDirectories {
  /**
   * From here on the attempt is part of the group, and these volumes exist, open to every user, or
   * to `owner` alone. Idempotent.
   */
  join(group: string, part: string, volumes: readonly string[], owner?: VolumeOwner): Promise<void>
  volumePath(group: string, volume: string): string
  /**
   * The attempt leaves the group. If it is the last, `last` is called while it still counts as a
   * part, and then all of the group is removed. If that is cut off, a repeat does it again.
   * Otherwise `notLast` is called. Idempotent.
   */
  leave(group: string, part: string, steps?: LeavingSteps): Promise<void>
  /** Whether any attempt is part of the group. */
  has(group: string): Promise<boolean>
}

export interface VolumeOwner {
  readonly uid: number
  readonly gid: number
}

interface LeavingSteps {
  last?(directory: string): Promise<void>
  notLast?(directory: string): Promise<void>
}

/** `remove` removes a directory with everything that jobs left in it. */
export function createGroupDirectories(home: string, remove: (directory: string) => Promise<void>): GroupDirectories {
  const inTurn = createTurns()
  const partsOf = (group: string) => join(home, group, 'parts')
  const volumePath = (group: string, volume: string) => join(home, group, 'volumes', volumeDirectory(volume))

  return {
    volumePath,
    join: (group, part, volumes, owner) =>
      inTurn(group, async () => {
        await mkdir(partsOf(group), { recursive: true, mode: 0o700 })
        await writeFile(join(partsOf(group), part), '', { mode: 0o600 })
        for (const volume of volumes) await makeVolume(volumePath(group, volume), owner)
        // Any user may pass through, whatever the umask. Only the contents of the volumes can be
        // listed.
        if (volumes.length > 0)
          for (const directory of [home, join(home, group), join(home, group, 'volumes')]) await chmod(directory, 0o711)
      }),
    leave: (group, part, { last, notLast } = {}) =>
      inTurn(group, async () => {
        const directory = join(home, group)
        const parts = await namesIn(partsOf(group))
        if (parts.some((one) => one !== part)) {
          await notLast?.(directory)
          await rm(join(partsOf(group), part), { force: true })
        } else {
          await last?.(directory)
          await remove(directory)
        }
      }),
    has: (group) =>
      stat(join(home, group)).then(
        () => true,
        () => false,
      ),
  }
}

/**
 * Users choose the names of volumes, so the characters of a name must not lead out of the
 * directory.
 */
export function volumeDirectory(volume: string): string {
  return encodeURIComponent(volume).replaceAll('.', '%2E')
}

/** Sets the mode of `/tmp`. It does not use mkdir's mode, which the umask cuts. */
export async function makeOpenDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  await chmod(directory, 0o1777)
}

async function makeVolume(directory: string, owner: VolumeOwner | undefined): Promise<void> {
  if (owner === undefined) return makeOpenDirectory(directory)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await chmod(directory, 0o700)
  await chown(directory, owner.uid, owner.gid)
}

/** The names in a directory; none if the directory does not exist. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Runs the work that concerns one group in order, one after the other. */
function createTurns(): <T>(group: string, work: () => Promise<T>) => Promise<T> {
  const turns = new Map<string, Promise<unknown>>()
  return (group, work) => {
    const turn = (turns.get(group) ?? Promise.resolve()).then(work, work)
    turns.set(group, turn)
    const end = () => {
      if (turns.get(group) === turn) turns.delete(group)
    }
    turn.then(end, end)
    return turn
  }
}

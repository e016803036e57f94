import { access, chmod, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { AttemptSpec } from '../driver.ts'
import { createGroupDirectories, makeOpenDirectory, namesIn, volumeDirectory } from '../group-directories.ts'
import { removeTree, TreeLeft } from '../tree-removal.ts'
import type { EngineClient } from './engine-client.ts'

/**
 * The throw-away directories of attempts, on the data disk: `DATA/scratch/ATTEMPT/VOLUME`. Those of a group are in
 * `DATA/scratch/.groups/GROUP` (`group-directories.ts`), to which `DATA/scratch/ATTEMPT/.group` of each part points.
 *
 * The directories themselves are open to all, as `/tmp` is, for any user may be the container's. So `DATA/scratch` is
 * closed: on this host only the server's user comes to them, and the engine, which mounts them.
 */
export interface Scratch {
  path(attempt: Attempt, volume: string): string
  /** Makes the directories, open to every user a job may run as, and has the attempt join its group. Idempotent. */
  make(attempt: Attempt, volumes: readonly string[]): Promise<void>
  /** Whether there is anything of the attempt: directories, or its part in a group. */
  has(attempt: string): Promise<boolean>
  /** The attempts of which there is anything. */
  list(): Promise<string[]>
  /** Removes all of the attempt's directories, and its group's if it is the last part. Idempotent. */
  remove(attempt: string, steps: RemovalSteps): Promise<void>
  hasGroup(group: string): Promise<boolean>
}

type Attempt = Pick<AttemptSpec, 'name' | 'group'>

interface RemovalSteps {
  /** The attempt's image, if the engine has it. */
  readonly image: string | undefined
  /** Empties a directory with files that this process may not remove, by a container of that image. */
  asRoot(image: string, directory: string): Promise<void>
  /** Removes all else there is of the group. */
  groupEnds(group: string): Promise<void>
}

export function createScratch(dataDir: string): Scratch {
  // No attempt's name begins with a dot, and no volume's directory holds one.
  const [home, groupLink] = [join(dataDir, 'scratch'), '.group']
  const aside = join(home, '.aside')
  const groups = createGroupDirectories(join(home, '.groups'), (directory) => removeTree(directory, aside))
  let prepared: Promise<void> | undefined
  const path = ({ name, group }: Attempt, volume: string) =>
    group === undefined ? join(home, name, volumeDirectory(volume)) : groups.volumePath(group.name, volume)

  async function prepare(): Promise<void> {
    await mkdir(aside, { recursive: true, mode: 0o700 })
    // Also one that an earlier server left open.
    await chmod(home, 0o700)
    // What a removal that was cut off left there. It may be another's, under way: then both do it.
    for (const name of await namesIn(aside)) await removeTree(join(aside, name), aside).catch(() => {})
  }

  const ready = () => {
    prepared ??= prepare().catch((error) => {
      prepared = undefined
      throw error
    })
    return prepared
  }

  async function removeAll(directory: string, image: string | undefined, steps: RemovalSteps): Promise<void> {
    await ready()
    try {
      await removeTree(directory, aside)
    } catch (error) {
      if (!(error instanceof TreeLeft) || !['EACCES', 'EPERM', 'ENOTEMPTY'].includes(error.code ?? '')) throw error
      if (image === undefined)
        throw new Error(`${directory} holds files of other users, and no image to remove them with`)
      // All that is aside is to go, whose ever it was.
      for (const place of [directory, aside]) if ((await namesIn(place)).length > 0) await steps.asRoot(image, place)
      await removeTree(directory, aside)
    }
  }

  async function leave(group: string, attempt: string, steps: RemovalSteps): Promise<void> {
    await groups.leave(group, attempt, {
      async last(directory) {
        await steps.groupEnds(group)
        const image = steps.image ?? (await readFile(join(directory, 'image'), 'utf8').catch(() => undefined))
        await removeAll(join(directory, 'volumes'), image, steps)
      },
      // The last part may never get a container, and then needs an image to remove with what the others left.
      async notLast(directory) {
        if (steps.image !== undefined) await writeFile(join(directory, 'image'), steps.image, { mode: 0o600 })
      },
    })
  }

  return {
    path,
    async make(attempt, volumes) {
      await ready()
      const { name, group } = attempt
      if (group !== undefined) {
        await mkdir(join(home, name), { recursive: true })
        await symlink(join('..', '.groups', group.name), join(home, name, groupLink)).catch(unlessCode('EEXIST'))
        await groups.join(group.name, name, volumes)
      } else for (const volume of volumes) await makeOpenDirectory(path(attempt, volume))
    },
    has: (attempt) =>
      access(join(home, attempt)).then(
        () => true,
        () => false,
      ),
    list: async () => (await namesIn(home)).filter((name) => !name.startsWith('.')),
    async remove(attempt, steps) {
      const link = await readlink(join(home, attempt, groupLink)).catch(unlessCode('ENOENT'))
      if (link !== undefined) await leave(basename(link), attempt, steps)
      await removeAll(join(home, attempt), steps.image, steps)
    },
    hasGroup: (group) => groups.has(group),
  }
}

function unlessCode(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error
    return undefined
  }
}

/**
 * Empties a directory as root by a container of the attempt's own image (the one image that is surely there), with
 * that image's `rm`. Needed only where openbatch does not run as root. Throws where the image has no `rm`.
 */
export async function emptyByContainer(engine: EngineClient, image: string, directory: string): Promise<void> {
  const timeoutMs = 120_000
  // Without what is mounted below it, which is not to be emptied.
  const mount = { Type: 'bind', Source: directory, Target: '/openbatch-scratch', BindOptions: { NonRecursive: true } }
  const { Id } = await engine.call<{ Id: string }>({
    ...{ method: 'POST', path: '/containers/create', timeoutMs },
    body: {
      Image: image,
      Entrypoint: ['rm'],
      Cmd: ['-rf', ...(await readdir(directory)).map((name) => `/openbatch-scratch/${name}`)],
      User: '0:0',
      HostConfig: { NetworkMode: 'none', Mounts: [mount], LogConfig: { Type: 'none' } },
    },
  })
  try {
    await engine.call({ method: 'POST', path: `/containers/${Id}/start`, timeoutMs })
    await engine.call({ method: 'POST', path: `/containers/${Id}/wait`, timeoutMs })
  } finally {
    await engine.call({ method: 'DELETE', path: `/containers/${Id}`, query: { force: '1' }, timeoutMs })
  }
}

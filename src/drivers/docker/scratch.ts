import { access, chmod, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { groupName } from '../../model/job.ts'
import type { AttemptSpec } from '../driver.ts'
import {
  createGroupDirectories,
  type GroupDirectories,
  makeOpenDirectory,
  namesIn,
  volumeDirectory,
} from '../group-directories.ts'
import { removeTree, TreeLeft } from '../tree-removal.ts'
import type { EngineClient } from './engine-client.ts'

type Attempt = Pick<AttemptSpec, 'name' | 'group'>

interface RemovalSteps {
  /** The attempt's image, if the engine has it. */
  readonly image: string | undefined
  /** Empties a directory whose files this process may not remove, by a container of that image. */
  asRoot(image: string, directory: string): Promise<void>
  /** Removes everything else that belongs to the group. */
  groupEnds(group: string): Promise<void>
}

// No attempt's name begins with a dot, and no volume's directory holds one.
const groupLink = '.group'

/**
 * The throw-away directories of attempts, on the data disk: `HOME/scratch/ATTEMPT/VOLUME`, where
 * HOME is the driver's. Those of a group are in `HOME/scratch/.groups/GROUP`
 * (`group-directories.ts`). `HOME/scratch/ATTEMPT/.group` of each part points there.
 *
 * The directories themselves are open to all, as `/tmp` is, because the container may run as any
 * user. So `HOME/scratch` is closed: on this host only the server's user can enter it, and the
 * engine, which mounts the directories.
 */
export class Scratch {
  readonly #home: string
  readonly #aside: string
  readonly #groups: GroupDirectories
  #prepared: Promise<void> | undefined
  /** Where directories were made before the operator named another place. Nothing new is made there. */
  before: Scratch | undefined

  constructor(home: string) {
    this.#home = join(home, 'scratch')
    this.#aside = join(this.#home, '.aside')
    this.#groups = createGroupDirectories(join(this.#home, '.groups'), (directory) =>
      removeTree(directory, this.#aside),
    )
  }

  path({ name, group }: Attempt, volume: string): string {
    if (group !== undefined) return this.#groups.volumePath(group.name, volume)
    return join(this.#home, name, volumeDirectory(volume))
  }

  /** Where an attempt, or the first node of one with several containers, has its directories. */
  directoriesOf(attempt: string): readonly string[] {
    return [join(this.#home, attempt), join(this.#home, '.groups', groupName(attempt, 0), 'volumes')]
  }

  /**
   * Makes the directories, open to every user that a job may run as, and adds the attempt to its
   * group. Idempotent.
   */
  async make(attempt: Attempt, volumes: readonly string[]): Promise<void> {
    await this.#ready()
    const { name, group } = attempt
    if (group === undefined) {
      for (const volume of volumes) await makeOpenDirectory(this.path(attempt, volume))
      return
    }
    const own = join(this.#home, name)
    await mkdir(own, { recursive: true })
    await symlink(join('..', '.groups', group.name), join(own, groupLink)).catch(unlessCode('EEXIST'))
    await this.#groups.join(group.name, name, volumes)
  }

  /** Whether anything of the attempt exists: directories, or its part in a group. */
  async has(attempt: string): Promise<boolean> {
    const isHere = await access(join(this.#home, attempt)).then(
      () => true,
      () => false,
    )
    return isHere || ((await this.before?.has(attempt)) ?? false)
  }

  /** The attempts of which anything exists. */
  async list(): Promise<string[]> {
    const here = (await namesIn(this.#home)).filter((name) => !name.startsWith('.'))
    return [...here, ...((await this.before?.list()) ?? [])]
  }

  /**
   * Removes all of the attempt's directories, and its group's if it is the last part. Idempotent.
   */
  async remove(attempt: string, steps: RemovalSteps): Promise<void> {
    if (await this.before?.has(attempt)) await this.before?.remove(attempt, steps)
    const link = await readlink(join(this.#home, attempt, groupLink)).catch(unlessCode('ENOENT'))
    if (link !== undefined) await this.#leave(basename(link), attempt, steps)
    await this.#removeAll(join(this.#home, attempt), steps.image, steps)
  }

  async hasGroup(group: string): Promise<boolean> {
    return (await this.#groups.has(group)) || ((await this.before?.hasGroup(group)) ?? false)
  }

  #ready(): Promise<void> {
    this.#prepared ??= this.#prepare().catch((error) => {
      this.#prepared = undefined
      throw error
    })
    return this.#prepared
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#aside, { recursive: true, mode: 0o700 })
    // Also closes a directory that an earlier server left open.
    await chmod(this.#home, 0o700)
    // Leftovers of a removal that was cut off. It may be another's removal, still under way; then
    // both do it.
    for (const name of await namesIn(this.#aside))
      await removeTree(join(this.#aside, name), this.#aside).catch(() => {})
  }

  async #removeAll(directory: string, image: string | undefined, steps: RemovalSteps): Promise<void> {
    await this.#ready()
    try {
      await removeTree(directory, this.#aside)
    } catch (error) {
      if (!(error instanceof TreeLeft) || !['EACCES', 'EPERM', 'ENOTEMPTY'].includes(error.code ?? '')) throw error
      if (image === undefined)
        throw new Error(`${directory} holds files of other users, and no image to remove them with`)
      // Everything that was moved aside must be removed, whoever it belonged to.
      for (const place of [directory, this.#aside])
        if ((await namesIn(place)).length > 0) await steps.asRoot(image, place)
      await removeTree(directory, this.#aside)
    }
  }

  async #leave(group: string, attempt: string, steps: RemovalSteps): Promise<void> {
    await this.#groups.leave(group, attempt, {
      last: async (directory) => {
        await steps.groupEnds(group)
        const image = steps.image ?? (await readFile(join(directory, 'image'), 'utf8').catch(() => undefined))
        await this.#removeAll(join(directory, 'volumes'), image, steps)
      },
      // The last part may never get a container, and would then need an image to remove what the
      // others left.
      notLast: async (directory) => {
        if (steps.image !== undefined) await writeFile(join(directory, 'image'), steps.image, { mode: 0o600 })
      },
    })
  }
}

function unlessCode(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error
    return undefined
  }
}

/**
 * Empties a directory as root by a container of the attempt's own image, the one image that
 * certainly exists, with that image's `rm`. Needed only where openbatch does not run as root.
 * Throws if the image has no `rm`.
 */
export async function emptyByContainer(engine: EngineClient, image: string, directory: string): Promise<void> {
  const timeoutMs = 120_000
  // Excludes whatever is mounted below it, which must not be emptied.
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

import { access, chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineClient } from './engine-client.ts'

/** The throw-away directories of attempts, on the data disk: `DATA/scratch/ATTEMPT/VOLUME`. */
export interface Scratch {
  path(attempt: string, volume: string): string
  /** Makes the directories, open to every user a job may run as. Idempotent. */
  make(attempt: string, volumes: readonly string[]): Promise<void>
  has(attempt: string): Promise<boolean>
  /** The attempts that have directories. */
  list(): Promise<string[]>
  /** Removes all of the attempt's directories; `asRoot` is called to empty one whose files this process may not remove. */
  remove(attempt: string, asRoot: (directory: string) => Promise<void>): Promise<void>
}

export function createScratch(dataDir: string): Scratch {
  const home = join(dataDir, 'scratch')
  // A volume's name is the user's: its own characters must not lead out of the directory.
  const path = (attempt: string, volume: string) =>
    join(home, attempt, encodeURIComponent(volume).replaceAll('.', '%2E'))
  return {
    path,
    async make(attempt, volumes) {
      for (const volume of volumes) {
        const directory = path(attempt, volume)
        await mkdir(directory, { recursive: true })
        // Not by mkdir's mode, which the umask cuts.
        await chmod(directory, 0o1777)
      }
    },
    has: (attempt) =>
      access(join(home, attempt)).then(
        () => true,
        () => false,
      ),
    async list() {
      try {
        return await readdir(home)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
        throw error
      }
    },
    async remove(attempt, asRoot) {
      const directory = join(home, attempt)
      try {
        await rm(directory, { recursive: true, force: true })
      } catch (error) {
        if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
        await asRoot(directory)
        await rm(directory, { recursive: true, force: true })
      }
    },
  }
}

/**
 * Empties a directory as root by a container of the attempt's own image (the one image that is surely there), with
 * that image's `rm`. Needed only where openbatch does not run as root. Throws where the image has no `rm`.
 */
export async function emptyByContainer(engine: EngineClient, image: string, directory: string): Promise<void> {
  const timeoutMs = 120_000
  const { Id } = await engine.call<{ Id: string }>({
    ...{ method: 'POST', path: '/containers/create', timeoutMs },
    body: {
      Image: image,
      Entrypoint: ['rm'],
      Cmd: ['-rf', ...(await readdir(directory)).map((name) => `/openbatch-scratch/${name}`)],
      User: '0:0',
      HostConfig: { NetworkMode: 'none', Binds: [`${directory}:/openbatch-scratch`], LogConfig: { Type: 'none' } },
    },
  })
  try {
    await engine.call({ method: 'POST', path: `/containers/${Id}/start`, timeoutMs })
    await engine.call({ method: 'POST', path: `/containers/${Id}/wait`, timeoutMs })
  } finally {
    await engine.call({ method: 'DELETE', path: `/containers/${Id}`, query: { force: '1' }, timeoutMs })
  }
}

/**
 * The `aws` command that the server supplies to images that have none (docs/use/aws-command.md).
 *
 *     bin/aws, v2/current/bin/aws   the launcher, a static program that knows its mount point
 *     lib/node, lib/*.so*           the server's own Node, its loader and its libraries
 *     lib/aws…                      the command itself, one file of JavaScript
 *
 * The launcher carries absolute paths, because an image need not have /proc to find its own path
 * by. So every path in containers has a directory of its own. They share their large files by hard
 * links with `runtime-…`, which is a copy: a container never holds the file that the server runs.
 */
import { constants } from 'node:fs'
import {
  access,
  chmod,
  copyFile,
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { join, posix } from 'node:path'
import { stableId } from '../../ground/stable-id.ts'
import { limits } from '../../model/limits.ts'
import { type LauncherMachine, launcherFor } from './launcher.ts'
import { filesOfProgram, type ProgramFiles } from './program-files.ts'

/** This machine cannot make the directory. The message says why. */
export class AwsNotSupplied extends Error {
  override readonly name = 'AwsNotSupplied'
}

/** What the directories are made from. The defaults are the server's own. */
export interface AwsSources {
  readonly node?: string
  /** The bundle that `npm run build` makes. */
  readonly script?: string
  readonly machine?: string
}

/** Changes whenever the same sources make another directory. */
const shape = 'aws-command 1'

/**
 * The command holds few objects and copies streams: small heaps make room for a job's own memory
 * in a container of 64 MiB.
 */
const nodeOptions = ['--max-semi-space-size=1', '--v8-pool-size=1', '--expose-gc', '--no-warnings']

/** The settings of the AWS CLI, and those of the machine that Node and it read. */
const keptVariables = [
  ...['AWS_', 'HOME=', 'TZ=', 'REQUESTS_CA_BUNDLE='],
  ...['HTTP_PROXY=', 'HTTPS_PROXY=', 'NO_PROXY=', 'ALL_PROXY='],
  ...['http_proxy=', 'https_proxy=', 'no_proxy=', 'all_proxy='],
]

interface Runtime {
  readonly directory: string
  readonly files: ProgramFiles
}

export class SuppliedAws {
  readonly #directory: string
  readonly #sources: Required<AwsSources>
  readonly #made = new Map<string, Promise<string>>()
  #runtime: Promise<Runtime> | undefined

  constructor(dataDir: string, sources: AwsSources = {}) {
    this.#directory = join(dataDir, 'aws-command')
    this.#sources = {
      node: process.execPath,
      script: join(import.meta.dirname, '..', 'aws.mjs'),
      machine: process.arch,
      ...sources,
    }
  }

  /**
   * The directory of this machine to mount read-only at `pathInContainer`, an absolute path. Made
   * by the first call, and kept. Rejects with `AwsNotSupplied`.
   */
  at(pathInContainer: string): Promise<string> {
    return this.#once(pathInContainer, () => this.#makeAt(pathOf(pathInContainer)))
  }

  /** The same for processes of this machine: a directory whose `bin/` can stand on their PATH. */
  onHost(): Promise<string> {
    return this.#once('', async () => {
      const { directory } = await this.#runtimeOf()
      return this.#makeAt(join(this.#directory, `host-${directory.slice(-16)}`), true)
    })
  }

  #once(key: string, make: () => Promise<string>): Promise<string> {
    const made = this.#made.get(key)
    if (made) return made
    if (this.#made.size >= limits.suppliedAwsPaths)
      return Promise.reject(
        new AwsNotSupplied(`the aws command is supplied at ${limits.suppliedAwsPaths} paths already`),
      )
    const making = Promise.resolve()
      .then(make)
      .catch((error: unknown) => {
        // The next call tries again: the disk may have been full.
        this.#made.delete(key)
        if (error instanceof AwsNotSupplied) throw error
        throw new AwsNotSupplied(`the aws command cannot be made: ${(error as Error).message}`, { cause: error })
      })
    this.#made.set(key, making)
    return making
  }

  async #makeAt(path: string, onHost = false): Promise<string> {
    const runtime = await this.#runtimeOf()
    const made = onHost ? path : `${runtime.directory.replace('runtime-', 'at-')}-${stableId(path, 16)}`
    if (await exists(join(made, 'bin', 'aws'))) return made
    const launcher = launcherFor(this.#sources.machine as LauncherMachine, {
      leading: leadingArguments(path, runtime.files),
      kept: keptVariables,
    })
    await this.#whole(made, async (fresh) => {
      await mkdir(join(fresh, 'lib'))
      for (const name of await readdir(runtime.directory))
        await link(join(runtime.directory, name), join(fresh, 'lib', name))
      // Where the AWS CLI 2 installs itself, and where everything else does.
      for (const folder of ['bin', 'v2/current/bin']) {
        await mkdir(join(fresh, folder), { recursive: true })
        await writeProgram(join(fresh, folder, 'aws'), launcher)
      }
    })
    return made
  }

  #runtimeOf(): Promise<Runtime> {
    this.#runtime ??= this.#makeRuntime().catch((error: unknown) => {
      this.#runtime = undefined
      throw error
    })
    return this.#runtime
  }

  async #makeRuntime(): Promise<Runtime> {
    const { node, script, machine } = this.#sources
    if (machine !== 'x64' && machine !== 'arm64')
      throw new AwsNotSupplied(`the aws command is made for x86-64 and arm64, and this machine is ${machine}`)
    const program = await readFile(script)
    const { ino, size, mtimeMs } = await stat(node)
    const files = await filesOfProgram(node)
    const sources = [shape, nodeOptions, keptVariables, node, ino, size, mtimeMs, files, stableId(program.toString())]
    await mkdir(this.#directory, { recursive: true })
    await chmod(this.#directory, 0o711)
    const directory = join(this.#directory, `runtime-${stableId(JSON.stringify(sources), 16)}`)
    if (await exists(join(directory, 'node'))) return { directory, files }
    await this.#whole(directory, async (fresh) => {
      await copyProgram(node, join(fresh, 'node'))
      if (files.loader) await copyProgram(files.loader.path, join(fresh, 'ld.so'))
      for (const { name, path } of files.libraries) await copyProgram(path, join(fresh, name))
      await writeProgram(join(fresh, 'aws.mjs'), program)
    })
    return { directory, files }
  }

  /** Fills a new directory, and gives it its name once it is whole. */
  async #whole(directory: string, fill: (fresh: string) => Promise<void>): Promise<void> {
    const fresh = await mkdtemp(join(this.#directory, 'new-'))
    try {
      await fill(fresh)
      await openDirectories(fresh)
      await rename(fresh, directory)
    } catch (error) {
      await rm(fresh, { recursive: true, force: true })
      // Another server process made it meanwhile.
      if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
}

/** The loader takes a list of paths, and replaces `$ORIGIN` and its like in them. */
function pathOf(pathInContainer: string): string {
  const path = posix.normalize(pathInContainer).replace(/(?<=.)\/$/, '')
  if (!path.startsWith('/') || path === '/' || /[:;$\0\n]/.test(path))
    throw new AwsNotSupplied(`the aws command cannot be supplied at ${JSON.stringify(pathInContainer)}`)
  if (Buffer.byteLength(path) > limits.suppliedAwsPathBytes)
    throw new AwsNotSupplied('the aws command cannot be supplied at a path so long')
  return path
}

function leadingArguments(path: string, { loader }: ProgramFiles): string[] {
  const lib = join(path, 'lib')
  const node = [join(lib, 'node'), ...nodeOptions, join(lib, 'aws.mjs')]
  return loader ? [join(lib, 'ld.so'), ...loader.options, '--library-path', lib, ...node] : node
}

async function copyProgram(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE)
  await settle(to)
}

async function writeProgram(path: string, content: Buffer): Promise<void> {
  const file = await open(path, 'w')
  await file.writeFile(content)
  await file.close()
  await settle(path)
}

/** Every account may run it, and it is on disk before its directory has its name. */
async function settle(path: string): Promise<void> {
  await chmod(path, 0o755)
  const file = await open(path)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Whatever the umask: a container runs as any user. */
async function openDirectories(directory: string): Promise<void> {
  await chmod(directory, 0o755)
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true }))
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o755)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/**
 * Runs an example as its README says, against a server of its own, and then what its test adds:
 * mostly failures, and how the client tells them.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../support/built.ts'
import {
  openbatchCommand,
  startServer,
  type TestServer,
  type TestServerOptions,
  tail,
} from '../../support/openbatch-server.ts'
import { accessVariables, plainEnvironment } from '../clients/client.ts'
import { newestClients } from '../clients/installed.ts'

/** A run of one command. */
export interface Run {
  readonly title: string
  /** For `sh -ec`, in a copy of the example's folder. */
  readonly command: string
  readonly fails?: true
  /** All of these appear in what it prints. */
  readonly prints: readonly RegExp[]
}

export interface ExampleExercise {
  /** A folder of `examples/`. */
  readonly example: string
  /** The folder of the client's commands, for jobs too. */
  readonly commands?: string
  /** Commands before those of the README: what its reader's operator has done. */
  readonly operator?: string
  /** What the commands of the README print. */
  readonly prints: readonly RegExp[]
  readonly runs?: readonly Run[]
  /** Who runs it. Default: the administrator. */
  readonly as?: 'administrator' | 'user'
  readonly server?: Partial<TestServerOptions>
  /** Further variables of the commands. */
  readonly variables?: Readonly<Record<string, string>>
  /** Further variables of all jobs. */
  readonly jobEnvironment?: Readonly<Record<string, string>>
}

// Clients in Python start slowly on a loaded machine, once for each of their jobs.
const patienceMs = 400_000

export function exerciseExample(exercise: ExampleExercise): void {
  const { example, operator = '', prints, runs = [] } = exercise
  let server: TestServer
  let folder: string
  let environment: Record<string, string>

  beforeAll(async () => {
    server = await serverFor(exercise)
    folder = realpathSync(mkdtempSync(join(tmpdir(), `openbatch-${example}-`)))
    cpSync(join(root, 'examples', example), folder, { recursive: true })
    environment = environmentOf(exercise, server, folder)
  })
  afterAll(async () => {
    await server?.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  const outcome = (run: Run) => async () => {
    const { code, out } = await shell(run.command, folder, environment)
    const told = `${out}\nthe server said:\n${tail(server.log())}`
    for (const pattern of run.prints) expect(out, told).toMatch(pattern)
    expect(code === 0, told).toBe(run.fails === undefined)
  }
  const readme: Run = {
    title: 'the example does what its README says',
    command: `${operator}\n${commandsOf(example)}`,
    prints,
  }
  for (const run of [readme, ...runs]) test(run.title, outcome(run), patienceMs)

  test('the server had no fault of its own', () => {
    const faults = server
      .log()
      .split('\n')
      .filter((line) => /^\{"level":[56]0,/.test(line))
    expect(faults).toEqual([])
  })
}

const system = '/usr/local/bin:/usr/bin:/bin'

function serverFor({ commands, server, jobEnvironment }: ExampleExercise): Promise<TestServer> {
  const driver = server?.driver ?? 'process'
  const ofJobs = { ...(commands && { PATH: `${commands}:${system}` }), ...jobEnvironment }
  const offered = `OPENBATCH_DRIVERS_${driver.toUpperCase()}`
  return startServer({
    driver,
    ...server,
    env: {
      OPENBATCH_JOBS_ENVIRONMENT: JSON.stringify(ofJobs),
      // More than the machine has: the jobs of examples mostly wait.
      [`${offered}_VCPUS`]: '16',
      [`${offered}_MEMORY_MIB`]: '65536',
      ...server?.env,
    },
  })
}

function environmentOf(
  { commands, as, variables }: ExampleExercise,
  server: TestServer,
  folder: string,
): Record<string, string> {
  const credentials = as === 'user' ? server.addUser('jdoe') : server.administrator
  const path = [newestClients().commandFolder, dirname(openbatchCommand), dirname(process.execPath)]
  return {
    ...plainEnvironment(),
    ...accessVariables({ endpoint: server.endpoint, credentials }),
    HOME: folder,
    // Metaflow refuses root as a user.
    USER: 'jdoe',
    OPENBATCH_DATA_DIR: server.dataDir,
    ...variables,
    PATH: [...(commands ? [commands] : []), ...path, plainEnvironment().PATH].join(':'),
  }
}

/** The commands of an example, in the order of its README. */
function commandsOf(example: string): string {
  const text = readFileSync(join(root, 'examples', example, 'README.md'), 'utf8')
  return [...text.matchAll(/```sh\n([\s\S]+?)\n```/g)].map(([, block]) => block).join('\n')
}

function shell(
  command: string,
  cwd: string,
  env: Record<string, string>,
): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: patienceMs, maxBuffer: 64 * 1024 * 1024 }
    execFile('sh', ['-ec', command], { cwd, env, ...limits }, (error, stdout, stderr) => {
      const out = `${stdout}${stderr}`
      if (error && typeof error.code !== 'number') reject(new Error(`${command}\n${error.message}\n${out}`))
      else resolve({ code: error ? Number(error.code) : 0, out })
    })
  })
}

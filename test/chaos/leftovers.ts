/** What a driver still holds of attempts, looked up without the driver. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { groupLabel, holderLabel, installationLabel } from '../../src/drivers/docker/names.ts'
import { callEngine, engineJson } from '../engine/engine-http.ts'
import type { DriverName } from './workload.ts'

export interface Holding {
  /** Attempts that are held while the server runs: none once every job has ended. */
  attempts(): Promise<string[]>
  /** What must not exist when the server has stopped as well. */
  afterStop(): Promise<string[]>
  /** Removes what the server keeps between its lives. */
  removeAll(): Promise<void>
}

export function holdingOf(driver: DriverName, dataDir: string, engineSocket: string | undefined): Holding {
  const none = async () => {}
  if (driver === 'scripted')
    return { attempts: async () => scriptedAttempts(dataDir), afterStop: async () => [], removeAll: none }
  if (driver === 'process') {
    const afterStop = async () => [...processDirectories(dataDir), ...processesIn(dataDir).map((it) => it.text)]
    return {
      attempts: async () => processDirectories(dataDir),
      afterStop,
      async removeAll() {
        for (const { pid } of processesIn(dataDir)) process.kill(pid, 'SIGKILL')
      },
    }
  }
  const socket = engineSocket!
  const attempts = async () => [
    ...(await containersOf(socket, `${installationLabel}=${installationOf(dataDir)}`)),
    // The holders of groups. The installation's own holder stays.
    ...(await containersOf(socket, `${holderLabel}=${installationOf(dataDir)}`, groupLabel)),
    ...scratchDirectories(dataDir),
  ]
  return { attempts, afterStop: attempts, removeAll: () => removeFromEngine(socket, dataDir) }
}

/**
 * All attempts but those that vanished: nothing can be left of an attempt that the engine has
 * forgotten.
 */
function scriptedAttempts(dataDir: string): string[] {
  const held = new Set<string>()
  const text = readFileSync(join(dataDir, 'scripted/scripted.jsonl'), 'utf8')
  for (const line of text.split('\n').filter(Boolean)) {
    const { op, name, steps } = JSON.parse(line) as { op: string; name: string; steps?: { do: string }[] }
    if (op === 'start' && !steps!.some((step) => step.do === 'vanish')) held.add(name)
    if (op === 'remove') held.delete(name)
  }
  return [...held]
}

function processDirectories(dataDir: string): string[] {
  const base = join(dataDir, 'process')
  const attempts = ['attempts', 'jobs'].flatMap((tree) =>
    namesIn(join(base, tree)).flatMap((shard) => namesIn(join(base, tree, shard)).map((name) => `${tree}/${name}`)),
  )
  return [...attempts, ...namesIn(join(base, 'groups'))].map((name) => `directory ${name}`)
}

/**
 * Processes whose working directory is in the data directory: jobs, and the shells that watch them.
 */
function processesIn(dataDir: string): { pid: number; text: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readlinkSync(`/proc/${pid}/cwd`).startsWith(`${dataDir}/`)) return []
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 80)
        return [{ pid: Number(pid), text: `process ${pid}: ${command}` }]
      } catch {
        return []
      }
    })
}

async function containersOf(socket: string, ...label: string[]): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label }))
  const rows = await engineJson(socket, 'GET', `/containers/json?all=1&filters=${filters}`)
  return (rows as { Names: string[]; State: string }[]).map(({ Names, State }) => `${State} container ${Names[0]}`)
}

function scratchDirectories(dataDir: string): string[] {
  const [home, groups] = [join(dataDir, 'scratch'), join(dataDir, 'scratch', '.groups')]
  return [
    ...namesIn(home).filter((name) => !['.aside', '.groups'].includes(name)),
    ...namesIn(join(home, '.aside')).map((name) => `being removed, ${name}`),
    ...namesIn(groups).map((name) => `of the group ${name}`),
  ].map((name) => `scratch directory ${name}`)
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}

/** The jobs' network and the container that holds it, which last as long as an installation. */
async function removeFromEngine(socket: string, dataDir: string): Promise<void> {
  const id = installationOf(dataDir)
  for (const path of ['/containers/json?all=1', '/networks']) {
    const rows = (await engineJson(socket, 'GET', path)) as { Id: string; Labels?: Record<string, string> | null }[]
    for (const { Id, Labels } of rows)
      if (Object.values(Labels ?? {}).includes(id))
        await callEngine(socket, 'DELETE', `${path.split('/json')[0]}/${Id}?force=1&v=1`)
  }
}

function installationOf(dataDir: string): string {
  const database = new Database(join(dataDir, 'openbatch.db'), { readonly: true })
  try {
    const row = database.prepare("SELECT value FROM setting WHERE key = 'installationId'").get()
    return (row as { value: string }).value
  } finally {
    database.close()
  }
}

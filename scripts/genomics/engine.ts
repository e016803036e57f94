/** The container engine of the run: the machine's own if one answers, otherwise one that ends with it. */
import { engineAddress } from '../../src/drivers/docker/engine-address.ts'
import { startEngine } from '../../test/engine/engine.ts'
import { callEngine, engineJson } from '../../test/engine/engine-http.ts'

export interface Engine {
  readonly socketPath: string
  /** For people. */
  readonly told: string
  stop(): Promise<void>
}

/** Rejects with a message for the user. */
export async function findEngine(say: (line: string) => void): Promise<Engine> {
  const address = engineAddress(undefined)
  if (address.kind !== 'socket')
    throw new Error('the image is given to the engine over a Unix socket: unset DOCKER_HOST')
  const { socketPath } = address
  const reply = await callEngine(socketPath, 'GET', '/_ping').catch(() => undefined)
  if (reply?.status === 200)
    return { socketPath, told: `${await versionOf(socketPath)} at ${socketPath}`, stop: async () => {} }
  say('No container engine answers: starting one for this run …')
  const started = await startEngine().catch((error: Error) => {
    throw new Error(`no container engine answers at ${socketPath}, and none could be started: ${error.message}`)
  })
  return {
    socketPath: started.socketPath,
    told: `${await versionOf(started.socketPath)}, started for this run`,
    stop: () => started.stop(),
  }
}

export async function removeImage(socketPath: string, reference: string): Promise<void> {
  await callEngine(socketPath, 'DELETE', `/images/${reference}?force=1`)
}

async function versionOf(socketPath: string): Promise<string> {
  const { Version } = (await engineJson(socketPath, 'GET', '/version')) as { readonly Version: string }
  return `version ${Version}`
}

/** Where the demonstration's jobs run: in containers if an engine answers and has, or can get, the image; else as plain processes, saying why. */
import Docker from 'dockerode'
import { type EngineAddress, engineAddress } from '../../src/drivers/docker/engine-address.ts'

const answerWithinMs = 5_000
const pullWithinMs = 60_000

export async function chooseDriver(image: string, say: (line: string) => void): Promise<'docker' | 'process'> {
  const address = engineAddress(undefined)
  const docker = clientOf(address)
  try {
    await clientOf(address, answerWithinMs).ping()
  } catch (error) {
    say(`No container engine answers (${(error as Error).message}).`)
    say('The jobs run as plain processes of this machine: their image is recorded and not used.')
    return 'process'
  }
  try {
    await docker.getImage(image).inspect()
    return 'docker'
  } catch {
    say(`Fetching the image ${image} …`)
  }
  try {
    await pull(docker, image)
    return 'docker'
  } catch (error) {
    say(`A container engine answers, but it has no image ${image} and cannot fetch it (${(error as Error).message}).`)
    say('The jobs run as plain processes of this machine instead. QUICKSTART_IMAGE names another image.')
    return 'process'
  }
}

function clientOf(address: EngineAddress, timeout?: number): Docker {
  const patience = timeout === undefined ? {} : { timeout }
  if (address.kind === 'socket') return new Docker({ socketPath: address.socketPath, ...patience })
  const { host, port, tls, ca, cert, key } = address
  return new Docker({
    host,
    port,
    protocol: tls ? 'https' : 'http',
    ...(tls && ca ? { ca, cert, key } : {}),
    ...patience,
  })
}

async function pull(docker: Docker, image: string): Promise<void> {
  const progress = await docker.pull(image, { abortSignal: AbortSignal.timeout(pullWithinMs) })
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve())),
  )
}

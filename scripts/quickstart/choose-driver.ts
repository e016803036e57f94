/** Where the demonstration's jobs run: in containers if an engine answers and has, or can get, the image; else as plain processes, saying why. */
import { createEngineClient, type EngineClient } from '../../src/drivers/docker/engine-client.ts'
import { createImagePulls } from '../../src/drivers/docker/image-pulls.ts'
import { parseImageReference } from '../../src/drivers/docker/image-reference.ts'

const answerWithinMs = 5_000
const pullWithinMs = 60_000

export async function chooseDriver(image: string, say: (line: string) => void): Promise<'docker' | 'process'> {
  const engine = createEngineClient()
  try {
    return await chooseWith(engine, image, say)
  } finally {
    engine.close()
  }
}

async function chooseWith(engine: EngineClient, image: string, say: (line: string) => void) {
  const ask = (path: string) => engine.call({ method: 'GET', path, timeoutMs: answerWithinMs })
  try {
    await ask('/version')
  } catch (error) {
    say(`No container engine answers (${(error as Error).message}).`)
    say('The jobs run as plain processes of this machine: their image is recorded and not used.')
    return 'process'
  }
  try {
    await ask(`/images/${image}/json`)
    return 'docker'
  } catch {
    say(`Fetching the image ${image} …`)
  }
  try {
    const reference = parseImageReference(image)
    if (!reference) throw new Error('that is no name of an image')
    await createImagePulls(engine, 1).pull(reference, AbortSignal.timeout(pullWithinMs))
    return 'docker'
  } catch (error) {
    say(`A container engine answers, but it has no image ${image} and cannot fetch it (${(error as Error).message}).`)
    say('The jobs run as plain processes of this machine instead. QUICKSTART_IMAGE names another image.')
    return 'process'
  }
}

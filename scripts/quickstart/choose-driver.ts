/**
 * Chooses the driver for the demonstration's jobs: the first of the catalogue that can run its
 * image now. Says why the earlier ones cannot.
 */
import { driverKinds } from '../../src/drivers/catalogue.ts'
import { loadConfiguration } from '../../src/server/start/configuration.ts'

export async function chooseDriver(image: string, say: (line: string) => void): Promise<string> {
  const { drivers } = loadConfiguration({ env: {}, options: {} })
  let isFetched = false
  const onFetch = () => {
    isFetched = true
    say(`Fetching the image ${image} …`)
  }
  for (const { kind, isOfferedUnasked, probe, summary } of driverKinds) {
    if (!isOfferedUnasked) continue
    const { answers, because } = (await probe?.(drivers[kind]!, { image, onFetch })) ?? {
      answers: true,
      because: summary,
    }
    if (answers) {
      if (!probe) say(summary)
      return kind
    }
    say(`${because.charAt(0).toUpperCase()}${because.slice(1)}.`)
    if (isFetched) say('QUICKSTART_IMAGE names another image.')
  }
  throw new Error('no driver can run jobs here')
}

/**
 * Kills a writer of objects at every failpoint and at any other time, many times:
 * `npm run crash:objects -- [ROUNDS] [SEED]`. Ends with 1 and the round at the first object that is
 * neither the old one nor the new one.
 */
import { CrashCampaign } from '../../src/objects/files/crash-campaign.testing.ts'
import { objectFailpoints } from '../../src/objects/files/failpoints.ts'

const [rounds = '1000', seed = `${Date.now() % 1_000_000_000}`] = process.argv.slice(2)
const moments = [...objectFailpoints, undefined]
const campaign = new CrashCampaign()
try {
  for (let at = 0; at < Number(rounds); at++) {
    const round = { seed: Number(seed) + at, failpoint: moments[at % moments.length], count: 1 + (at % 7) }
    await campaign.round(round).catch((error) => {
      throw new Error(`round ${at} of seed ${seed} ${JSON.stringify(round)}: ${error.message}`)
    })
    if (at % 50 === 49) console.log(`${at + 1} rounds, ${campaign.steps} steps`)
  }
  await campaign.withoutIndex()
  console.log(`${rounds} kills, ${campaign.steps} steps done: every object was the old one or the new one`)
} finally {
  await campaign.remove()
}

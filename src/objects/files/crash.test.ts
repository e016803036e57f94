/** The short form of `npm run crash:objects`. */
import { afterAll, describe, test } from 'vitest'
import { CrashCampaign } from './crash-campaign.testing.ts'
import { objectFailpoints } from './failpoints.ts'

// A process for each round takes a while to start, so a run tries some of them.
const today = new Date().getUTCDate()
const some = [
  ...objectFailpoints.filter((_, at) => at % 5 === today % 5).map((failpoint) => ({ moment: failpoint, failpoint })),
  { moment: 'any time', failpoint: undefined },
]

describe.each([
  { who: 'a server alone', foreign: undefined },
  { who: 'a server, while another program edits the directory,', foreign: today },
])('after a kill of $who', ({ foreign }) => {
  const campaign = new CrashCampaign({ foreign })
  afterAll(() => campaign.remove())

  test.each(some)('an object is the old one or the new one: at $moment', async ({ failpoint }) => {
    await campaign.round({ seed: Date.now() % 1_000_000, failpoint, count: 2 })
  })

  test('the index is made anew of nothing, and lists the same objects', async () => {
    await campaign.round({ seed: today, failpoint: 'index-written', count: 1, withoutIndex: true })
    await campaign.end()
  })
})

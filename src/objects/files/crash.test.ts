/** The short form of `npm run crash:objects`. */
import { afterAll, test } from 'vitest'
import { CrashCampaign } from './crash-campaign.testing.ts'
import { objectFailpoints } from './failpoints.ts'

const campaign = new CrashCampaign()
afterAll(() => campaign.remove())

// A process for each round takes a while to start, so a run tries some of them.
const some = objectFailpoints.filter((_, at) => at % 3 === new Date().getUTCDate() % 3)

test.each([...some, undefined])('an object is the old one or the new one after a kill at %s', async (failpoint) => {
  await campaign.round({ seed: Date.now() % 1_000_000, failpoint, count: 2 })
})

test('the index is made anew of nothing', async () => {
  await campaign.withoutIndex()
})

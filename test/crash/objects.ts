/**
 * Kills a writer of objects at every failpoint and at any other time, many times:
 * `npm run crash:objects -- [ROUNDS] [SEED]`. A half of the rounds have another program that edits
 * the same directory. A quarter as many rounds more are in a bucket with versioning. Ends with 1 and
 * the round at the first object that is neither the old one nor the new one.
 */
import { CrashCampaign } from '../../src/objects/files/crash-campaign.testing.ts'
import { objectFailpoints, versionFailpoints } from '../../src/objects/files/failpoints.ts'
import { VersionCrashCampaign } from '../../src/objects/files/version-crash-campaign.testing.ts'

const [rounds = 1000, seed = Date.now() % 1_000_000_000] = process.argv.slice(2).map(Number)
const moments = [...objectFailpoints, undefined]
/** Several at a time: a process waits for the disk most of its time. */
const campaigns = [0, 1, 2, 3].map((lane) => new CrashCampaign(lane % 2 === 0 ? {} : { foreign: seed + lane }))
let begun = 0

async function run(campaign: CrashCampaign): Promise<void> {
  while (begun < rounds) {
    const at = begun++
    if (at > 0 && at % 100 === 0) console.log(`${at} rounds`)
    const withoutIndex = at % 29 === 28
    const round = { seed: seed + at, failpoint: moments[at % moments.length], count: withoutIndex ? 1 : 1 + (at % 7) }
    await campaign.round({ ...round, withoutIndex }).catch((error) => {
      begun = rounds
      throw new Error(`round ${at} of seed ${seed} ${JSON.stringify(round)}: ${error.message}`)
    })
  }
  await campaign.end()
}

const versions = new VersionCrashCampaign()

async function runVersions(): Promise<void> {
  const moments = [...versionFailpoints, 'object-placed', 'object-synced', 'object-removed', undefined] as const
  for (let at = 0; at < rounds / 4; at++) {
    const round = { seed: seed + at, failpoint: moments[at % moments.length], count: 1 + (at % 7) }
    const state = at % 5 === 4 ? 'Suspended' : 'Enabled'
    await versions.round({ ...round, state, withoutIndex: at % 29 === 28 }).catch((error) => {
      throw new Error(`round ${at} of versions of seed ${seed} ${JSON.stringify(round)}: ${error.message}`)
    })
  }
  await versions.end()
}

function print(name: string, some: readonly CrashCampaign[]): void {
  const sum = (of: (campaign: CrashCampaign) => number) => some.reduce((total, each) => total + of(each), 0)
  console.log(`${name}: ${sum((each) => each.steps)} writes done, ${sum((each) => each.looks)} looks at what was left`)
  for (const moment of [...objectFailpoints, 'any time'] as const) {
    const kills = some.flatMap((each) => each.kills.get(moment) ?? [])
    const works = (['put', 'complete', 'copy', 'delete'] as const).map(
      (work) => `${work} ${kills.filter((underWay) => underWay.includes(work)).length}`,
    )
    console.log(`  ${`${kills.length}`.padStart(4)} at ${moment.padEnd(18)} during ${works.join(', ')}`)
  }
}

const results = await Promise.allSettled([...campaigns.map(run), runVersions()])
await Promise.all([...campaigns, versions].map((each) => each.remove()))
for (const result of results) if (result.status === 'rejected') throw result.reason
print(
  'alone',
  campaigns.filter((_, lane) => lane % 2 === 0),
)
print(
  'with another program',
  campaigns.filter((_, lane) => lane % 2 === 1),
)
console.log(`with versioning: ${versions.steps} changes done, and no version lost or doubled`)
console.log(`${rounds} kills: every object was the old one or the new one`)

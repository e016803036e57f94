/**
 * The short form of `npm run chaos`: a server is killed under load, on each driver, and must break
 * none of its promises. The seed is new each time and part of a failure's message.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { runCampaign } from './campaign.ts'
import { neverDiedAt } from './deaths.ts'

const seed = Date.now() % 1_000_000
const short = { seed, longestLifeMs: 1500, passes: 0.4, withTimeouts: false }

let engine: TestEngine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine?.stop())

const campaigns = [
  { driver: 'scripted', kills: 12, inFlight: 60, vcpus: 64, absenceMs: 5000 },
  { driver: 'docker', kills: 4, inFlight: 14, vcpus: 6, setsClock: true },
  { driver: 'process', kills: 4, inFlight: 30, vcpus: 16, pauseMs: 7000, setsClock: true },
] as const

test.each(campaigns)('$kills kills on $driver break no promise', { timeout: 300_000 }, async (campaign) => {
  const said: string[] = []
  const options = { ...short, ...campaign, engineSocket: engine.socketPath, say: (line: string) => said.push(line) }
  const { violations, deaths, jobs, runs, readyMs } = await runCampaign(options)
  expect(violations, `seed ${seed}\n${said.join('\n')}`).toEqual([])
  // The campaign did its work.
  if (campaign.driver === 'scripted') expect(neverDiedAt(campaign.driver, deaths), said.join('\n')).toEqual([])
  expect(jobs).toBeGreaterThan(campaign.inFlight / 2)
  expect(runs).toBeGreaterThan(0)
  expect(readyMs.length).toBeGreaterThan(2)
  // A server that must read its whole history, or waits for an engine, would take far longer, even
  // on an idle machine.
  expect(Math.max(...readyMs)).toBeLessThan(30_000)
})

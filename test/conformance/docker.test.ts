/**
 * The documentation's walk-through and every scenario again, with jobs in containers of a real
 * Docker engine.
 */
import { afterAll } from 'vitest'
import { startEngine } from '../engine/engine.ts'
import { awsCli } from './clients/aws-cli.ts'
import { newestClients } from './clients/installed.ts'
import { jsSdk } from './clients/js-sdk.ts'
import { everyScenario, exerciseClient, linkedScenarios, newerScenarios } from './exercise-client.ts'
import { exerciseCpu } from './imitations/cpu.ts'
import { exercisePage } from './page/walk-through.ts'
import { exerciseJobs } from './scenarios/jobs.ts'

const engine = await startEngine()
afterAll(() => engine.stop())

const installed = newestClients()
const server = {
  driver: 'docker',
  env: { DOCKER_HOST: engine.dockerHost, OPENBATCH_JOBS_STOP_GRACE_SECONDS: '2' },
} as const
exerciseClient({ kind: awsCli(installed), server, scenarios: [exercisePage(installed), exerciseJobs] })
exerciseClient({
  kind: jsSdk,
  server,
  scenarios: [...everyScenario, ...linkedScenarios, ...newerScenarios, exerciseCpu],
})

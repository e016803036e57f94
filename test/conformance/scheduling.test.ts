/**
 * A machine that on-demand and spot work share, and whose environments change: with boto3, and jobs
 * in containers of a real Docker engine.
 */
import { afterAll } from 'vitest'
import { startEngine } from '../engine/engine.ts'
import { boto3 } from './clients/boto3.ts'
import { newestClients } from './clients/installed.ts'
import { exerciseClient } from './exercise-client.ts'
import { environmentUpdates } from './scenarios/environment-updates.ts'
import { schedulingStory } from './scenarios/scheduling-story.ts'

const engine = await startEngine()
afterAll(() => engine.stop())

const stay = ['sh', '-c', 'sleep 600']
exerciseClient({
  kind: boto3(newestClients()),
  server: {
    driver: 'docker',
    env: {
      DOCKER_HOST: engine.dockerHost,
      OPENBATCH_JOBS_STOP_GRACE_SECONDS: '2',
      OPENBATCH_DRIVERS_DOCKER_MEMORY_MIB: '32768',
    },
  },
  scenarios: [
    schedulingStory({
      stay,
      work: ['sh', '-c', 'test "$AWS_BATCH_JOB_ATTEMPT" = 2 || sleep 600'],
    }),
    environmentUpdates(stay),
  ],
})

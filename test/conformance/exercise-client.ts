/**
 * Runs scenarios with one client against one server of its own, as the user `jdoe` and as the
 * administrator.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { busyboxNetwork, nodeNetwork } from '../../src/drivers/contract/shell-network.contract.ts'
import { startServer, type TestServerOptions, tail } from '../support/openbatch-server.ts'
import type { ClientKind } from './clients/client.ts'
import { exerciseAccess } from './scenarios/access.ts'
import { exerciseBulk } from './scenarios/bulk.ts'
import { exerciseConsumables } from './scenarios/consumables.ts'
import { exerciseDependencies } from './scenarios/dependencies.ts'
import { exerciseJobs } from './scenarios/jobs.ts'
import { exerciseListing } from './scenarios/listing.ts'
import { exerciseLogs } from './scenarios/logs.ts'
import { exerciseNodes } from './scenarios/nodes.ts'
import { exerciseOwnLogs } from './scenarios/own-logs.ts'
import { exercisePods } from './scenarios/pods.ts'
import { allVcpus, type Setting } from './scenarios/setting.ts'
import { exerciseSmallAnswers } from './scenarios/small-answers.ts'
import { exerciseTasks } from './scenarios/tasks.ts'

export interface Exercise {
  readonly kind: ClientKind
  readonly server?: TestServerOptions
  readonly image?: string
  readonly scenarios?: readonly ((given: () => Setting) => void)[]
}

/** The scenarios for every client. */
export const everyScenario = [
  exerciseAccess,
  exerciseJobs,
  exerciseListing,
  exerciseLogs,
  exerciseOwnLogs,
  exerciseSmallAnswers,
]

/**
 * Jobs with dependencies, and with several nodes. The command line is slow for each call, so only
 * one client runs these.
 */
export const linkedScenarios = [exerciseDependencies, exerciseNodes]

/** Operations that only clients newer than Debian's know. */
export const newerScenarios = [exerciseTasks, exercisePods, exerciseConsumables, exerciseBulk]

export function exerciseClient({
  kind,
  server: options = { driver: 'process' },
  image = 'busybox:local',
  scenarios = everyScenario,
}: Exercise): void {
  describe(`${kind.name} on the ${options.driver} driver`, () => {
    let setting: Setting
    const given = () => setting

    beforeAll(async () => {
      const vcpus = { [`OPENBATCH_DRIVERS_${options.driver.toUpperCase()}_VCPUS`]: String(allVcpus) }
      const server = await startServer({ ...options, env: { ...vcpus, ...options.env } })
      const user = server.addUser('jdoe')
      const open = (credentials: typeof user) => kind.open({ endpoint: server.endpoint, credentials })
      const network = options.driver === 'docker' ? busyboxNetwork : nodeNetwork
      setting = { kind, server, user, image, network, asUser: open(user), asAdministrator: open(server.administrator) }
    })
    afterAll(async () => {
      setting?.asUser.close()
      setting?.asAdministrator.close()
      await setting?.server.stop()
    })
    beforeEach(({ onTestFailed }) =>
      onTestFailed(() => console.error(`the server said:\n${tail(setting.server.log())}`)),
    )
    for (const exercise of scenarios) exercise(given)

    test('the server had no fault of its own in any scenario', () => {
      const faults = setting.server
        .log()
        .split('\n')
        .filter((line) => /^\{"level":[56]0,/.test(line))
      expect(faults).toEqual([])
    })
  })
}

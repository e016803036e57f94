/** Runs scenarios with one client against one server of its own, as the user `jdoe` and as the administrator. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startServer, type TestServerOptions, tail } from '../support/openbatch-server.ts'
import type { ClientKind } from './clients/client.ts'
import { exerciseAccess } from './scenarios/access.ts'
import { exerciseJobs } from './scenarios/jobs.ts'
import { exerciseListing } from './scenarios/listing.ts'
import { exerciseLogs } from './scenarios/logs.ts'
import type { Setting } from './scenarios/setting.ts'

export interface Exercise {
  readonly kind: ClientKind
  readonly server?: TestServerOptions
  readonly image?: string
  readonly scenarios?: readonly ((given: () => Setting) => void)[]
}

/** What every client does. */
export const everyScenario = [exerciseAccess, exerciseJobs, exerciseListing, exerciseLogs]

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
      const server = await startServer(options)
      const user = server.addUser('jdoe')
      const open = (credentials: typeof user) => kind.open({ endpoint: server.endpoint, credentials })
      setting = { kind, server, user, image, asUser: open(user), asAdministrator: open(server.administrator) }
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

    test('the server met no fault of its own in all of this', () => {
      const faults = setting.server
        .log()
        .split('\n')
        .filter((line) => /^\{"level":[56]0,/.test(line))
      expect(faults).toEqual([])
    })
  })
}

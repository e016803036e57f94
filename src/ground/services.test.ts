import { beforeEach, expect, test, vi } from 'vitest'
import { startServices } from './services.ts'

const log = { debug: vi.fn(), error: vi.fn() }
const story: string[] = []
beforeEach(() => {
  story.length = 0
  vi.clearAllMocks()
})

/** A service that records what it does, and takes a moment for each step. */
function service(name: string, { start = '', stop = '' } = {}) {
  const step = async (what: string, failure: string) => {
    await new Promise(setImmediate)
    story.push(`${name} ${what}`)
    if (failure) throw new Error(failure)
  }
  return { name, start: () => step('started', start), stop: () => step('stopped', stop) }
}

test('services start one after the other and stop in the opposite order', async () => {
  const running = await startServices(log, async (services) => {
    services.keep('file', 'handle', (handle) => story.push(`${handle} closed`))
    const { name } = await services.start('first', service('first'))
    await services.start('second', service(`after ${name}`))
    return { answer: 42 }
  })
  expect(running.answer).toBe(42)
  expect(story).toEqual(['first started', 'after first started'])
  await running.stop()
  expect(story.slice(2)).toEqual(['after first stopped', 'first stopped', 'handle closed'])
  await running.stop()
  expect(story).toHaveLength(5)
})

test('a service that fails to start stops those already started, and itself', async () => {
  const starting = startServices(log, async (services) => {
    await services.start('first', service('first'))
    await services.start('second', service('second', { start: 'no port', stop: 'not open' }))
    await services.start('third', service('third'))
    return {}
  })
  await expect(starting).rejects.toThrow('no port')
  expect(story).toEqual(['first started', 'second started', 'second stopped', 'first stopped'])
  expect(log.error).toHaveBeenCalledExactlyOnceWith(
    { service: 'second', err: new Error('not open') },
    'a service failed to stop',
  )
})

test('a service that fails to stop does not keep the others running', async () => {
  const running = await startServices(log, async (services) => {
    await services.start('first', service('first'))
    await services.start('second', service('second', { stop: 'stuck' }))
    return {}
  })
  await expect(running.stop()).rejects.toThrow('stuck')
  expect(story.slice(2)).toEqual(['second stopped', 'first stopped'])
})

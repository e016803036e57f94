/** `POST /api/images/pull`: fetches an image before a job needs it; docs/operate/images.md. */
import { DriverUnavailable } from '../../../../drivers/driver.ts'
import { isRefusal, type Refusal, refuse } from '../../../../model/refusal.ts'
import type { PullImageAnswer } from '../../../../wire/images.ts'
import { defineOwnOperation } from '../own-operation.ts'

interface Input {
  readonly image?: string
  readonly driver?: string
}

export const pullImage = defineOwnOperation<Input, PullImageAnswer>('PullImage', {
  summary: 'Pulls an image',
  answers: 'PullImageAnswer',
  query: {
    image: 'as a job definition names it',
    driver: 'default: the default driver',
  },
  needed: ['image'],
  method: 'POST',
  path: '/api/images/pull',
  async handle({ image, driver }, { backend }) {
    if (image === undefined) return refuse('The parameter image is missing.')
    const pulled = await orRefused(backend.images.pull(image, driver))
    if (isRefusal(pulled)) return pulled
    const about = { driver: pulled.driver, image: pulled.image }
    switch (pulled.kind) {
      case 'pulled':
        return { ...about, state: 'PULLED' }
      case 'failed':
        return { ...about, state: 'FAILED', reason: pulled.reason }
      case 'pulling':
        return { ...about, state: 'PULLING', ...(pulled.progress === undefined ? {} : { progress: pulled.progress }) }
    }
  },
})

/** An engine that is away is no fault of the server's. */
export async function orRefused<T>(work: Promise<T>): Promise<T | Refusal> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DriverUnavailable)
      return { kind: 'refusal', code: 'ServerException', message: error.message, httpStatus: 503 }
    throw error
  }
}

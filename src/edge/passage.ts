/**
 * What is known of a request on its way through the steps, in one record that ends with it. The
 * record is a member of the request: maps keyed by requests would cost more than the steps do,
 * above all when the garbage is collected.
 */
import type { FastifyRequest } from 'fastify'
import type { Lease } from './body-room.ts'
import type { Failure } from './errors.ts'
import type { Call } from './service.ts'
import type { Head } from './steps/signature.ts'

export interface Passage {
  /** Read before the body arrived. */
  head: Head | undefined
  /** The room of its body. */
  lease: Lease | undefined
  understood: Understood | undefined
  /** The operation's answer. */
  output: unknown
  /** The error that the client learned. */
  failure: Failure | undefined
}

/** A request whose signature was accepted, and that could be read. */
export interface Understood {
  readonly call: Call
  readonly resources: readonly string[]
  /** What the operation names beside them. */
  readonly mentioned: string | undefined
  /** Name of the user who sent the request. */
  readonly user: string
}

declare module 'fastify' {
  interface FastifyRequest {
    passage?: Passage
  }
}

export function passageOf(request: FastifyRequest): Passage {
  request.passage ??= {
    head: undefined,
    lease: undefined,
    understood: undefined,
    output: undefined,
    failure: undefined,
  }
  return request.passage
}

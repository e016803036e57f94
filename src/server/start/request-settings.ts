/** The part of the configuration that bounds what one client may ask of the server. */
import { type Static, Type } from 'typebox'
import { limits } from '../../model/limits.ts'

const atLeastOne = (description: string, initial: number) => Type.Integer({ description, minimum: 1, default: initial })

export const RequestsSchema = Type.Object(
  {
    perSecondPerUser: atLeastOne(
      'requests of one user a second, on the average; beyond it the user is answered with 429',
      limits.requestsOfPrincipal.perSecond,
    ),
    burstPerUser: atLeastOne('requests of one user that may come together', limits.requestsOfPrincipal.burst),
    failuresPerSecondPerAddress: atLeastOne(
      'requests of one address a second whose signature is not accepted, on the average; beyond it they are answered with 429',
      limits.failuresOfAddress.perSecond,
    ),
    failureBurstPerAddress: atLeastOne(
      'such requests of one address that may come together',
      limits.failuresOfAddress.burst,
    ),
    longReadsPerUser: atLeastOne(
      'searches and large pages of one user that may wait for their turn',
      limits.longReadsWaitingOfUser,
    ),
    connections: atLeastOne(
      'connections that may be open, at most a quarter of the files that the process may open',
      limits.connections,
    ),
    connectionsPerUser: atLeastOne('the same of one user', limits.connectionsOfPrincipal),
  },
  { additionalProperties: false, default: {} },
)
export type RequestSettings = Static<typeof RequestsSchema>

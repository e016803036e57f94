/**
 * Gives this host the address at which containers of ECS find its agent. A network of the engine has
 * it as its gateway; no container is ever on that network. Containers reach the address through
 * their own network's gateway, because the host answers at each address it has. So this needs no
 * rights but the engine's, and the engine makes it anew when the machine starts.
 */
import { taskAgentAddress } from '../driver.ts'
import { unlessAbsent } from './containers.ts'
import { type EngineClient, EngineRefusal } from './engine-client.ts'

/** All installations on an engine share it, because there is one such address. */
const agentNetwork = 'openbatch-task-agent'
/** The smallest subnet with a host at that address. */
const subnet = '169.254.170.0/30'
const timeoutMs = 60_000

/** Resolves with false if the engine refuses: another of its networks may have the addresses. */
export async function ensureAgentAddress(engine: EngineClient): Promise<boolean> {
  if (await isThere(engine)) return true
  const body = {
    ...{ Name: agentNetwork, Driver: 'bridge', CheckDuplicate: true },
    IPAM: { Config: [{ Subnet: subnet, Gateway: taskAgentAddress }] },
  }
  try {
    await engine.call({ method: 'POST', path: '/networks/create', body, timeoutMs })
    return true
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error
    // Another process may have made it meanwhile.
    return isThere(engine)
  }
}

async function isThere(engine: EngineClient): Promise<boolean> {
  const call = { method: 'GET', path: `/networks/${agentNetwork}`, timeoutMs } as const
  return (await unlessAbsent(engine.call<object>(call))) !== undefined
}

import type { Scheme } from './api/scheme.ts'
import type { ApiServer } from './apiserver/api-server.ts'
import { AuthorizedTransport } from './apiserver/authorized-transport.ts'
import type { RbacAuthorizer } from './apiserver/authz/rbac.ts'
import { Client } from './client/client.ts'
import { Informers } from './client/informers.ts'
import type { ClusterPrograms } from './metrics/server/prometheus-program.ts'
import type { Clock } from './world/clock.ts'

/** What programs in pods get of the cluster: what their service accounts may see. */
export function clusterPrograms(cluster: {
  readonly server: ApiServer
  readonly scheme: Scheme
  readonly authorizer: RbacAuthorizer
  readonly clock: Clock
}): ClusterPrograms {
  const { server, scheme, authorizer, clock } = cluster
  return {
    informersFor: ({ namespace, serviceAccount }, told) => {
      const username = `system:serviceaccount:${namespace}:${serviceAccount}`
      const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
      // Who may not watch tries again every second: that is said once.
      const refused = new Set<string>()
      const transport = new AuthorizedTransport({
        transport: server,
        authorizer,
        clock,
        onRefused: ({ message }) => {
          if (!refused.has(message)) told(message)
          refused.add(message)
        },
      })
      const client = new Client({ transport, scheme, user: { username, groups }, fieldManager: username })
      return new Informers(client, clock)
    },
  }
}

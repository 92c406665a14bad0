import { Pod } from '../../src/api/kinds/core/pod.ts'
import type { Client } from '../../src/client/client.ts'
import type { TestCluster } from '../../src/testing.ts'

/** Whether so many pods are there at least, and all of them are ready. */
export async function arePodsReady(client: Client, count = 1): Promise<boolean> {
  const { items } = await client.list(Pod)
  return items.length >= count && items.every(({ status }) => status?.conditions?.some(isReady) === true)
}

function isReady({ type, status }: { readonly type: string; readonly status: string }): boolean {
  return type === 'Ready' && status === 'True'
}

/** What a pod hears at a URL; status 0 with the reason where it gets no answer. */
export async function askFromPod(
  { client, platform }: TestCluster,
  pod: { readonly namespace: string; readonly name: string },
  url: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const { namespace } = pod
  const podIp = (await client.get(Pod, pod))?.status?.podIP ?? ''
  try {
    const { status, body } = await platform.network.request({ url, method: 'GET' }, { podIp, namespace })
    const parts: Uint8Array[] = []
    for await (const part of body) parts.push(part)
    return { status, text: Buffer.concat(parts).toString() }
  } catch (error) {
    return { status: 0, text: (error as Error).message }
  }
}

import { NotificationTemplates } from '../../../src/metrics/alerting/templates/notification-templates.ts'
import { templateData } from '../../../src/metrics/alerting/templates/template-data.ts'
import { expectSame, type Oracle } from '../oracle.ts'
import { dataOf } from './notification-json.ts'

/** default-templates.json: what the templates that everybody has say about five notifications. */
export const oracle: Oracle = {
  open(document) {
    const templates = new NotificationTemplates(() => 0)
    const dataSets = document['data_sets'] as Record<string, Record<string, unknown>>
    return ({ input, expect }) => {
      const data = templateData(dataOf(dataSets[String(input['data_set'])] ?? {}))
      const text = `{{ template "${String(input['template'])}" ${String(input['argument'])} }}`
      expectSame('output', templates.render(text, data), expect['output'])
    }
  },
}

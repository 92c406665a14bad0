import { TemplateError } from '../../templates/execute.ts'
import { TemplateParseError } from '../../templates/parser.ts'
import type { Escaping } from '../../templates/template.ts'
import { type NotificationData, notificationData } from '../templates/notification-data.ts'
import type { NotificationTemplates } from '../templates/notification-templates.ts'
import { templateData } from '../templates/template-data.ts'
import { type Notification, NotifyError } from './notifier.ts'

export interface RenderContext {
  readonly templates: NotificationTemplates
  readonly externalUrl: string
}

/** Texts of one notification. */
export interface Rendered {
  readonly data: NotificationData
  /** What a template says about the notification. Throws a `NotifyError` that is not temporary. */
  text(template: string, escaping?: Escaping): string
}

export function rendered(notification: Notification, { templates, externalUrl }: RenderContext): Rendered {
  const data = notificationData({ ...notification, notificationReason: notification.reason, externalUrl })
  const value = templateData(data)
  const routeLabels = { labels: notification.routeLabels, isRendered: true }
  return {
    data,
    text(template, escaping = 'text') {
      try {
        return templates.render(template, value, { escaping, routeLabels })
      } catch (failure) {
        if (failure instanceof TemplateError || failure instanceof TemplateParseError) {
          throw new NotifyError(failure.message, { isTemporary: false, cause: failure })
        }
        throw failure
      }
    },
  }
}

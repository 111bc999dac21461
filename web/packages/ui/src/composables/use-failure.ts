import { localTimes } from '../format'
import { useText } from '../i18n'
import { useToast } from './use-toast'

/** useFailure turns an error into words: the server's own (already translated), else the plain network sentence. */
export function useFailure() {
  const { t, locale } = useText()
  const toast = useToast()
  const text = (error: unknown) =>
    (error instanceof Error && localTimes(error.message, locale.value)) || t('ui.errorText')
  return { text, show: (error: unknown) => toast.fail(text(error)) }
}

/** Names that applications put into the user agent of their own windows. */
const APPLICATIONS = /\b(FBAN|FBAV|FB_IAB|Instagram|Line\/|MicroMessenger|WhatsApp|Snapchat|LinkedInApp|Twitter|Telegram|GSA\/|YahooMobile|YJApp|Outlook|Gmail|Mail\/|DuckDuckGo-Mail)/i;

/** Whether a page is shown inside another application, as far as its browser says. */
export function inAppBrowser(agent: string): boolean {
  if (APPLICATIONS.test(agent)) return true;
  // Android marks its web view; on iOS every browser names itself after "Mobile", a bare web view does not.
  if (/Android/.test(agent)) return /; wv\)/.test(agent);
  return /(iPhone|iPad|iPod)/.test(agent) && /AppleWebKit/.test(agent) && !/(Safari|CriOS|FxiOS|EdgiOS|OPT|DuckDuckGo|Focus|Klar)\//.test(agent);
}

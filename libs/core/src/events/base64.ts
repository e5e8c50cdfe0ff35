const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Whether a text is base64 of RFC 4648, section 4, with its padding: how JSON holds bytes. */
export const isBase64 = (text: string): boolean => BASE64.test(text);

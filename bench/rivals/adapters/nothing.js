// No tracker: what a page costs by itself, and measuring it.
export function init() {}

export function track() {}

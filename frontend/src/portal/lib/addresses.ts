/** Addresses of the help centre, the same in the portal, in the frame of the widget and on the server's own pages. */

/** For the routers: a number and, for people and search engines, the name of what it stands for. */
export const NUMBER = ':id(\\d+):name(-[^/]*)?'

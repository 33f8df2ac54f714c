/** A square cut out of a picture: how it lies under the window through which one sees it. Pure numbers. */

export const MAX_ZOOM = 4

export interface Crop {
  /** The picture's own size. */
  width: number
  height: number
  /** 1 = the square is as large as the picture allows. */
  zoom: number
  /** The middle of the square, in points of the picture. */
  x: number
  y: number
}

export interface Square {
  left: number
  top: number
  size: number
}

const between = (low: number, value: number, high: number) => Math.min(Math.max(value, low), high)

export function wholeOf(width: number, height: number): Crop {
  return { width, height, zoom: 1, x: width / 2, y: height / 2 }
}

/** The square in points of the picture. */
export function squareOf({ width, height, zoom, x, y }: Crop): Square {
  const size = Math.min(width, height) / zoom
  return { left: x - size / 2, top: y - size / 2, size }
}

/** As near to what is wanted as the picture's edges allow. */
function kept(crop: Crop): Crop {
  const zoom = between(1, crop.zoom, MAX_ZOOM)
  const half = Math.min(crop.width, crop.height) / zoom / 2
  return { ...crop, zoom, x: between(half, crop.x, crop.width - half), y: between(half, crop.y, crop.height - half) }
}

/** The picture is pulled by so many points of a window that is `side` wide. */
export function pulled(crop: Crop, right: number, down: number, side: number): Crop {
  const scale = squareOf(crop).size / side
  return kept({ ...crop, x: crop.x - right * scale, y: crop.y - down * scale })
}

export function zoomed(crop: Crop, zoom: number): Crop {
  return kept({ ...crop, zoom })
}

/** How an <img> of the whole picture lies in a window that is `side` wide. */
export function placed(crop: Crop, side: number): Record<'width' | 'height' | 'left' | 'top', string> {
  const { left, top, size } = squareOf(crop)
  const scale = side / size
  return {
    width: `${crop.width * scale}px`,
    height: `${crop.height * scale}px`,
    left: `${-left * scale}px`,
    top: `${-top * scale}px`,
  }
}

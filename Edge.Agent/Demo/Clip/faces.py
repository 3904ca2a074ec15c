"""What makes a front a face: lamps, grilles, bumpers, joints, and the doors behind them."""

import numpy as np

BLACK, PLASTIC, CHROME, AMBER = (.006, .006, .007), (.022, .022, .024), (.58, .59, .61), (.55, .16, .01)


def paint(body, skin, plate):
    _sides(body, skin)
    FACES[body.face](body, skin)
    skin.area(_box(plate.width / 2 + .03, body.plate_z - plate.height / 2 - .03, body.plate_z + plate.height / 2 + .03),
              PLASTIC, .012, both=False, depth=.006)
    skin.finish()


def _box(half, z0, z1, taper=0.0):
    return [(-half + taper, z0), (half - taper, z0), (half, z1), (-half, z1)]


def _sides(body, skin):
    """Sill, doors, handles, wheel arches: seen at a slant."""
    end = -skin.u0
    at = lambda y: end - (body.length - y)
    skin.area([(-end, 0), (end, 0), (end, .26), (-end, .26)], PLASTIC, .01, both=False)
    angle = np.linspace(-.35, np.pi + .35, 30)
    for axle in (body.axle, body.length - .8):
        arch = np.stack([at(axle) + .385 * np.cos(angle), body.wheel + .39 * np.sin(angle)], -1)
        skin.area(arch, BLACK, .0)
        skin.line(arch, .02, body.paint, body.metallic, depth=-.006)
    for y in (body.scuttle + .33, body.scuttle + 1.33, body.scuttle + 2.1):
        skin.line([(at(y), .28), (at(y), 1.1)], .009, BLACK, .0, depth=.003)
    skin.line([(at(body.corner + .3), .64), (at(body.length), .72)], .02, depth=.006)
    for y in (body.scuttle + 1.1, body.scuttle + 1.9):
        skin.area([(at(y), .83), (at(y + .18), .83), (at(y + .18), .86), (at(y), .86)], CHROME, .3, depth=-.004)


def _lamp(skin, housing, lenses, running=None, clear=.10):
    """A lamp: dark housing under clear glass, bright reflectors, and a running light."""
    skin.area(housing, (.05, .052, .055), clear, depth=.004)
    skin.line([*housing, housing[0]], .007, BLACK, .03)
    for (u, z), r, glow in lenses:
        skin.disc((u, z), r * 1.25, albedo=(.30, .31, .33), mirror=.45, depth=.004)
        skin.disc((u, z), r, albedo=(.04, .045, .05), mirror=.16)
        skin.disc((u, z), r * .8, albedo=(.5, .52, .55), mirror=.30, glow=glow, depth=-.004)
        skin.disc((u, z), r * .45, albedo=(.6, .62, .65), mirror=.3, glow=glow * 2.2)
    if running is not None:
        skin.line(running, .018, (.7, .72, .75), .1, glow=2.6)


def _slats(skin, half, z0, z1, count, taper, ink, mirror, width=.012):
    for k in range(count):
        t = (k + .5) / count
        z, h = z0 + (z1 - z0) * t, half - taper * (1 - t)
        skin.line([(-h, z), (h, z)], width, ink, mirror, both=False, depth=-.004)


def _mesh(skin, half, z0, z1, taper, pitch=.045):
    inside = lambda u: np.clip(u, -half + taper, half - taper)
    for k in np.arange(-half, half, pitch):
        for a, b in ((z0, z1), (z1, z0)):
            skin.line([(inside(k), a), (inside(k + (z1 - z0) * .6), b)], .006, (.05, .05, .053), .05, both=False)


def _fog(skin, u, z, r=.045):
    skin.area([(u - .11, z - .07), (u + .12, z - .06), (u + .15, z + .05), (u - .08, z + .07)], BLACK, .012, depth=.01)
    skin.disc((u + .02, z), r, albedo=(.32, .33, .35), mirror=.35)
    skin.disc((u + .02, z), r * .8, albedo=(.10, .105, .11), mirror=.2)
    skin.disc((u + .02, z), r * .45, albedo=(.34, .35, .37), mirror=.3)


def _hatch(body, skin):
    _lamp(skin, [(.47, .655), (.84, .735), (.98, .76), (.95, .63), (.80, .57), (.52, .585)],
          [((.62, .632), .042, .5), ((.77, .650), .046, .9)], [(.53, .598), (.79, .585), (.93, .64)])
    skin.area([(.93, .64), (.98, .75), (1.02, .745), (.98, .65)], AMBER, .06)
    skin.area(_box(.46, .60, .675, .03), BLACK, .012, both=False, depth=.012)
    _slats(skin, .44, .605, .67, 3, .03, (.10, .10, .105), .12)
    skin.line([(-.45, .592), (.45, .592)], .012, CHROME, .55, both=False, depth=-.003)
    skin.disc((0, .645), .055, albedo=CHROME, mirror=.5, depth=-.006, both=False)
    skin.disc((0, .645), .042, albedo=(.05, .05, .06), mirror=.1, both=False)
    skin.area([(-.028, .625), (0, .667), (.028, .625), (0, .637)], CHROME, .6, both=False)
    skin.area(_box(.52, .23, .345, .05), BLACK, .012, both=False, depth=.012)
    _mesh(skin, .47, .24, .335, .02)
    _fog(skin, .72, .31)
    skin.line([(-1.1, .525), (-.5, .515), (.5, .515), (1.1, .525)], .012, depth=.005, both=False)


def _sedan(body, skin):
    _lamp(skin, [(.42, .62), (.80, .705), (1.02, .725), (1.00, .665), (.78, .60), (.46, .565)],
          [((.57, .610), .036, .8), ((.70, .632), .038, .8)], [(.47, .578), (.76, .610), (.97, .672)])
    skin.area(_box(.40, .525, .685, .07), BLACK, .012, both=False, depth=.014)
    for u in np.linspace(-.33, .33, 15):
        skin.line([(u * .86, .535), (u, .678)], .012, (.32, .33, .34), .35, both=False, depth=-.005)
    skin.line([(-.33, .522), (-.40, .688), (.40, .688), (.33, .522), (-.33, .522)], .018, CHROME, .6, both=False, depth=-.005)
    skin.disc((0, .615), .05, albedo=CHROME, mirror=.6, depth=-.006, both=False)
    skin.disc((0, .615), .036, albedo=(.02, .03, .08), mirror=.1, both=False)
    skin.area(_box(.60, .215, .335, .10), BLACK, .012, both=False, depth=.012)
    _slats(skin, .55, .22, .33, 3, .08, (.06, .06, .065), .05)
    _fog(skin, .78, .30, .038)
    skin.line([(.62, .36), (.95, .375)], .010, CHROME, .5, depth=-.003)
    skin.line([(-1.1, .49), (1.1, .49)], .012, depth=.004, both=False)


def _suv(body, skin):
    _lamp(skin, [(.50, .80), (.86, .845), (.98, .845), (.98, .72), (.80, .695), (.54, .70)],
          [((.64, .762), .045, 1.0), ((.82, .772), .045, .3)], [(.56, .715), (.82, .712), (.94, .75), (.94, .83)])
    skin.area(_box(.50, .60, .83, .05), BLACK, .012, both=False, depth=.016)
    _slats(skin, .47, .61, .82, 4, .05, (.07, .07, .075), .14, .022)
    skin.line([(-.45, .595), (-.50, .835), (.50, .835), (.45, .595), (-.45, .595)], .016, CHROME, .6, both=False, depth=-.005)
    skin.area([(-.09, .70), (.09, .70), (.07, .75), (-.07, .75)], CHROME, .55, both=False, depth=-.008)
    skin.area([(-1.3, .1), (1.3, .1), (1.3, .40), (.75, .43), (-.75, .43), (-1.3, .40)], PLASTIC, .012, both=False, depth=-.004)
    skin.area(_box(.42, .20, .30, .04), (.30, .31, .32), .12, both=False, depth=-.006)
    _slats(skin, .38, .21, .29, 3, .02, BLACK, .0, .014)
    _fog(skin, .78, .42, .045)


def _compact(body, skin):
    around = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    oval = np.stack([.70 + .155 * np.cos(around) + .02 * np.sin(around), .665 + .098 * np.sin(around) + .025 * np.cos(around)], -1)
    _lamp(skin, [tuple(p) for p in oval], [((.69, .67), .062, 1.0)],
          np.stack([.70 + .125 * np.cos(around[18:38]), .662 + .078 * np.sin(around[18:38])], -1))
    skin.disc((.60, .545), .026, albedo=AMBER, mirror=.08)
    skin.area(_box(.36, .605, .645, .04), BLACK, .012, both=False, depth=.010)
    skin.line([(-.50, .655), (-.2, .662), (.2, .662), (.50, .655)], .014, CHROME, .6, both=False, depth=-.004)
    skin.disc((0, .672), .045, albedo=CHROME, mirror=.6, depth=-.005, both=False)
    skin.disc((0, .672), .034, albedo=(.30, .02, .02), mirror=.08, both=False)
    skin.area(_box(.50, .225, .335, .09), BLACK, .012, both=False, depth=.012)
    for u in np.arange(-.44, .45, .055):
        skin.line([(u, .23), (u, .33)], .008, (.07, .07, .075), .05, both=False)
    skin.disc((.66, .29), .055, albedo=CHROME, mirror=.5, depth=-.004)
    skin.disc((.66, .29), .042, albedo=(.25, .26, .27), mirror=.3)
    skin.line([(-1.1, .52), (1.1, .52)], .012, depth=.004, both=False)


def _van(body, skin):
    _lamp(skin, [(.56, .93), (.82, 1.01), (.93, 1.0), (.93, .75), (.78, .70), (.60, .74)],
          [((.71, .86), .052, .6), ((.80, .785), .040, .3)], [(.62, .75), (.78, .715), (.90, .77), (.90, .97)])
    skin.area([(.80, .90), (.84, 1.0), (.93, .99), (.92, .90)], AMBER, .06)
    skin.area(_box(.52, .73, .89, .03), BLACK, .012, both=False, depth=.014)
    _slats(skin, .49, .735, .885, 3, .02, (.16, .16, .17), .10, .018)
    skin.disc((0, .81), .075, albedo=CHROME, mirror=.55, depth=-.006, both=False)
    skin.disc((0, .81), .06, albedo=(.03, .035, .05), mirror=.1, both=False)
    skin.area([(-.035, .78), (-.012, .78), (0, .815), (.012, .78), (.035, .78), (.01, .84), (-.01, .84)], CHROME, .6, both=False)
    skin.area([(-1.4, .1), (1.4, .1), (1.4, .62), (.9, .66), (-.9, .66), (-1.4, .62)], (.035, .036, .038), .014, both=False, depth=-.006)
    skin.area(_box(.60, .25, .37, .05), BLACK, .008, both=False, depth=.012)
    _slats(skin, .56, .26, .36, 3, .03, (.06, .06, .062), .03)
    _fog(skin, .80, .40, .05)


FACES = {"hatch": _hatch, "sedan": _sedan, "suv": _suv, "compact": _compact, "van": _van}

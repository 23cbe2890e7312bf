//! One look: the text itself, then what its encoded pieces hold, each with every detector in the same order.

use std::ops::Range;

use super::anchor::Route;
use super::unpack::unpack;
use super::{DECODED, DEPTH, Detectors, Encoding, Findings, KEPT, Kind, PIECES, Passages};
use super::{assigned, check, mail, number, piece};
use crate::label::Source;

/// What is looked for, what was found, and what may still be looked at.
pub struct Look<'d> {
    detectors: &'d Detectors,
    passages: &'d Passages,
    pub found: Findings,
    bytes: usize,
    pieces: usize,
}

/// Where a layer came from: the outermost piece, and its encodings. Nothing for the text itself.
#[derive(Clone, Default)]
struct Place {
    at: Option<Range<usize>>,
    through: Vec<Encoding>,
}

impl Place {
    fn below(&self, at: &Range<usize>, encoding: Encoding) -> Self {
        let mut through = self.through.clone();
        through.push(encoding);
        Self { at: Some(self.at.clone().unwrap_or_else(|| at.clone())), through }
    }
}

/// What the anchors of a layer lead to besides findings.
#[derive(Default)]
struct Led {
    /// Secrets that were told by their form.
    told: Vec<Range<usize>>,
    /// Secrets that were told by where they stand.
    stand: Vec<(&'static str, Range<usize>)>,
    percents: Vec<usize>,
    packed: Vec<(usize, Encoding)>,
}

impl<'d> Look<'d> {
    /// A look that has not begun.
    pub fn new(detectors: &'d Detectors, passages: &'d Passages) -> Self {
        Self { detectors, passages, found: Findings::default(), bytes: DECODED, pieces: PIECES }
    }

    /// Looks at the text that goes out.
    pub fn whole(&mut self, text: &[u8]) {
        if let Some(why) = self.passages.left_out() {
            self.note(&Place::default(), Kind::Unseen, why, 0..text.len());
        }
        self.layer(text, &Place::default());
    }

    fn note(&mut self, place: &Place, kind: Kind, what: &str, at: Range<usize>) {
        self.note_from(place, kind, what, at, None);
    }

    fn note_from(&mut self, place: &Place, kind: Kind, what: &str, at: Range<usize>, source: Option<&Source>) {
        self.found.add(kind, what, place.at.clone().unwrap_or(at), (&place.through, source));
    }

    fn layer(&mut self, text: &[u8], place: &Place) {
        let led = self.anchors(text, place);
        number::each(text, |what, at| self.note(place, Kind::Personal, what, at));
        self.own(text, place);
        let passages = self.passages;
        passages.each(text, |at, source| {
            self.note_from(place, Kind::Passage, "a passage of what was read", at, Some(source));
        });
        self.escaped(text, place, &led.percents);
        let mut runs = Vec::new();
        piece::runs(text, |run| {
            if run.len() == 16 && check::codice_fiscale(&text[run.clone()]) {
                self.note(place, Kind::Personal, "Italian codice fiscale", run.clone());
            }
            runs.push(run);
        });
        for run in runs {
            for (encoding, bytes) in piece::within(&text[run.clone()]) {
                self.descend(&bytes, run.len(), &place.below(&run, encoding), &run);
            }
        }
        self.packed(text, place, led.packed);
    }

    /// Everything that begins at an anchor.
    fn anchors(&mut self, text: &[u8], place: &Place) -> Led {
        let mut led = Led::default();
        let detectors = self.detectors;
        // What has one form is not looked at again for more of that form, so that each byte is looked at a few times at most.
        let mut floors = vec![0; detectors.secrets.len()];
        for (at, route) in detectors.anchors.each(text) {
            let assigned = |range: Option<Range<usize>>, what| range.map(|range| (what, range));
            match route {
                Route::Secret(format) => {
                    let (format, floor) = (&detectors.secrets[format], &mut floors[format]);
                    let Some((range, end)) = Some(at).filter(|at| at >= floor).and_then(|at| format.at(text, at)) else {
                        continue;
                    };
                    *floor = end;
                    if let Some(range) = range {
                        self.note(place, Kind::Secret, format.what, range.clone());
                        led.told.push(range);
                    }
                }
                Route::Assigned => led.stand.extend(assigned::named(text, at)),
                Route::Bearer => led.stand.extend(assigned(assigned::bearer(text, at), "bearer token")),
                Route::Basic => led.stand.extend(assigned(assigned::basic(text, at), "name and password for HTTP")),
                Route::Address => led.stand.extend(assigned(assigned::address(text, at), "password in an address")),
                Route::Mail => {
                    mail::address(text, at)
                        .into_iter()
                        .for_each(|at| self.note(place, Kind::Personal, "e-mail address", at));
                }
                Route::Phone => {
                    mail::phone(text, at)
                        .into_iter()
                        .for_each(|at| self.note(place, Kind::Personal, "telephone number", at));
                }
                Route::Marker(marker) => {
                    let marker = &detectors.markers[marker];
                    if let Some(range) = marker.at(text, at) {
                        self.note(place, Kind::Marker, &format!("marker {marker}"), range);
                    }
                }
                Route::Percent => led.percents.push(at),
                Route::Packed(encoding) => led.packed.push((at, encoding)),
            }
        }
        self.stand(place, &mut led);
        led
    }

    /// Notes what was told by where it stands, but not what was told by its form already.
    fn stand(&mut self, place: &Place, led: &mut Led) {
        led.told.sort_by_key(|range| range.start);
        led.stand.sort_by_key(|(_, range)| range.start);
        let mut told = led.told.iter().peekable();
        for (what, range) in led.stand.drain(..) {
            while told.next_if(|it| it.end <= range.start).is_some() {}
            if told.peek().is_none_or(|it| range.end <= it.start) {
                self.note(place, Kind::Secret, what, range);
            }
        }
    }

    fn own(&mut self, text: &[u8], place: &Place) {
        let own = &self.detectors.own;
        own.words(text).for_each(|at| self.note(place, Kind::Word, "a word of the operator's", at));
        for (number, at) in own.patterns(text) {
            self.note(place, Kind::Pattern, &format!("the operator's pattern {}", number + 1), at);
        }
    }

    fn escaped(&mut self, text: &[u8], place: &Place, percents: &[usize]) {
        let mut floor = 0;
        for at in percents {
            let Some((range, bytes)) = Some(*at).filter(|at| *at >= floor).and_then(|at| piece::escaped(text, at, floor))
            else {
                continue;
            };
            floor = range.end;
            if bytes.len() >= 8 {
                self.descend(&bytes, range.len(), &place.below(&range, Encoding::Url), &range);
            }
        }
    }

    fn packed(&mut self, text: &[u8], place: &Place, mut packed: Vec<(usize, Encoding)>) {
        if piece::starts_packed(text) == Some(Encoding::Zlib) {
            packed.insert(0, (0, Encoding::Zlib));
        }
        // What a piece was unpacked from is not looked at again for pieces that begin in it.
        let mut floor = 0;
        for (at, encoding) in packed {
            if at < floor {
                continue;
            }
            if !self.may(0, place, &(at..text.len())) {
                return;
            }
            let unpacked = unpack(encoding, &text[at..]);
            let range = at..at + unpacked.taken.min(text.len() - at);
            self.bytes = self.bytes.saturating_sub(unpacked.taken);
            let below = place.below(&range, encoding);
            if let Some(why) = unpacked.not_all {
                self.note(&below, Kind::Unseen, why, range.clone());
            }
            if !unpacked.bytes.is_empty() {
                floor = range.end;
                self.descend(&unpacked.bytes, 0, &below, &range);
            }
        }
    }

    /// Looks at what an encoded piece holds, if that is still within the bounds.
    fn descend(&mut self, bytes: &[u8], taken: usize, place: &Place, at: &Range<usize>) {
        if place.through.len() > DEPTH {
            self.note(place, Kind::Unseen, "more than three encodings around one another", at.clone());
        } else if self.may(bytes.len() + taken, place, at) {
            self.pieces -= 1;
            self.bytes -= bytes.len() + taken;
            self.layer(bytes, place);
        }
    }

    fn may(&mut self, bytes: usize, place: &Place, at: &Range<usize>) -> bool {
        let may = self.pieces > 0 && self.bytes > 0 && bytes <= self.bytes;
        if !may && self.found.count(Kind::Unseen) < KEPT {
            self.note(place, Kind::Unseen, "more encoded pieces than are looked into", at.clone());
        }
        may
    }
}

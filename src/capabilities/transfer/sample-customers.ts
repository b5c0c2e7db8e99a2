/**
 * The sample shop's people, all invented: nobody is reached by their addresses, whose e-mail domains are reserved for examples
 * and whose phone numbers are reserved for fiction.
 *
 * One line a customer: number | first name | last name | e-mail | phone | locale | birth date | tags | joined, days ago | state |
 * default address | other address | note for staff. An address is `street; postal code; town; zone; territory; company`.
 */
const CUSTOMERS = `
1  | Anna | Holm | anna.holm@example.com | | da | 1988-03-14 | vip, newsletter | 640 | ENABLED | Lindevangsgade 12, 2. tv; 2200; København N; ; DK | Havnealle 4; 8000; Aarhus C; ; DK; Holm & Krogh ApS | Prefers pick-up at the Nørrebro shop.
2  | Mads | Krogh | mads.krogh@example.org | | da | 1979-11-02 | wholesale | 612 | ENABLED | Havnealle 4; 8000; Aarhus C; ; DK; Holm & Krogh ApS | |
3  | Freja | Lindqvist | freja.lindqvist@example.net | | da | | newsletter | 540 | ENABLED | Kastanjebakken 31; 5000; Odense C; ; DK | |
4  | Emil | Østergaard | emil.ostergaard@example.com | | da | 1995-06-21 | | 498 | DISABLED | Fjordgade 7; 9000; Aalborg; ; DK | |
5  | Signe | Dam | signe.dam@example.org | | da | | newsletter | 402 | INVITED | Møllestien 18; 6000; Kolding; ; DK | |
6  | Rasmus | Thygesen | rasmus.thygesen@example.com | | da | 1967-01-30 | | 77 | DISABLED | Skovbrynet 55; 2800; Kongens Lyngby; ; DK | |
7  | Lukas | Becker | lukas.becker@example.com | +49 30 23125 014 | de | 1990-09-08 | vip, newsletter | 590 | ENABLED | Lindenhofweg 44; 10437; Berlin; ; DE | Am Alten Speicher 3; 20457; Hamburg; ; DE; Becker Akustik GmbH |
8  | Hannah | Vogt | hannah.vogt@example.net | +49 40 66969 120 | de | 1984-12-19 | | 571 | ENABLED | Elbkamp 9; 22765; Hamburg; ; DE | | Asked to be written to in German only.
9  | Jonas | Kirchner | jonas.kirchner@example.org | +49 89 99998 205 | de | | newsletter | 430 | DISABLED | Isarblick 21; 80469; München; ; DE | |
10 | Mia | Hoffmeister | mia.hoffmeister@example.com | | de | 2001-04-27 | student | 355 | ENABLED | Domgasse 16; 50667; Köln; ; DE | |
11 | Felix | Seidel | felix.seidel@example.org | +49 69 90009 331 | de | 1973-08-11 | wholesale | 322 | ENABLED | Mainkai 102; 60311; Frankfurt am Main; ; DE; Seidel Raumausstattung | |
12 | Clara | Neumayer | clara.neumayer@example.net | | de | | newsletter | 166 | DISABLED | Rosenhang 5; 01099; Dresden; ; DE | |
13 | Tobias | Engelhart | tobias.engelhart@example.com | +49 221 4710 118 | de | 1992-02-03 | | 38 | DISABLED | Ehrenfeldgürtel 88; 50823; Köln; ; DE | |
14 | Marco | Bianchi | marco.bianchi@example.com | | it | 1981-05-17 | newsletter | 560 | ENABLED | Via dei Tigli 24; 20144; Milano; MI; IT | |
15 | Giulia | Ferrante | giulia.ferrante@example.org | | it | 1993-10-09 | vip | 515 | ENABLED | Via del Pozzo 3; 50122; Firenze; FI; IT | |
16 | Alessandro | Conti | alessandro.conti@example.net | | it | | | 420 | DISABLED | Corso delle Vele 71; 16121; Genova; GE; IT | |
17 | Chiara | Moretti | chiara.moretti@example.com | | it | 1976-07-25 | newsletter | 298 | ENABLED | Vicolo San Biagio 8; 37121; Verona; VR; IT | Via dell'Orto 15; 38122; Trento; TN; IT |
18 | Davide | Sartori | davide.sartori@example.org | | it | | wholesale | 141 | INVITED | Via delle Fornaci 60; 10124; Torino; TO; IT; Sartori Arredi | |
19 | Ingrid | Solberg | ingrid.solberg@example.com | | nb | 1969-04-02 | vip, newsletter | 605 | ENABLED | Bjørkelia 14; 0358; Oslo; ; NO | |
20 | Magnus | Haugen | magnus.haugen@example.net | | nb | 1998-08-30 | student | 470 | ENABLED | Bryggesvingen 2; 5003; Bergen; ; NO | |
21 | Sunniva | Lie | sunniva.lie@example.org | | nb | | newsletter | 388 | DISABLED | Nidarholm 33; 7030; Trondheim; ; NO | |
22 | Henrik | Bakke | henrik.bakke@example.com | | nb | 1986-11-11 | | 240 | DISABLED | Tjuvholmstien 19; 4006; Stavanger; ; NO | | Returns often; check sizes with him first.
23 | Astrid | Nygård | astrid.nygard@example.net | | nb | | | 59 | DISABLED | Solbakken 6; 9008; Tromsø; ; NO | |
24 | Katarzyna | Wójcik | katarzyna.wojcik@example.com | | pl | 1991-01-16 | newsletter | 577 | ENABLED | ul. Lipowa 27/4; 00-316; Warszawa; ; PL | |
25 | Piotr | Zieliński | piotr.zielinski@example.org | | pl | 1983-09-23 | | 533 | ENABLED | ul. Młynarska 11; 31-135; Kraków; ; PL | |
26 | Agnieszka | Kaczmarek | agnieszka.kaczmarek@example.net | | pl | | vip | 445 | ENABLED | ul. Portowa 5/12; 80-831; Gdańsk; ; PL | |
27 | Tomasz | Wrona | tomasz.wrona@example.com | | pl | 1970-06-05 | wholesale | 360 | DISABLED | ul. Ogrodowa 90; 61-821; Poznań; ; PL; Wrona i Synowie | |
28 | Zofia | Maj | zofia.maj@example.org | | pl | 2003-12-28 | student, newsletter | 205 | ENABLED | ul. Kwiatowa 8/2; 50-069; Wrocław; ; PL | |
29 | Jakub | Sowa | jakub.sowa@example.net | | pl | | | 24 | DISABLED | ul. Leśna 41; 90-113; Łódź; ; PL | |
30 | Oliver | Bennett | oliver.bennett@example.com | +44 20 7946 0018 | en-GB | 1987-02-12 | newsletter | 621 | ENABLED | 9 Larkspur Mews; E2 8DY; London; ; GB | |
31 | Amelia | Hargreaves | amelia.hargreaves@example.org | +44 161 496 0142 | en-GB | | vip | 552 | ENABLED | 27 Weaver's Row; M4 5JD; Manchester; ; GB | |
32 | Callum | Reid | callum.reid@example.net | +44 131 496 0077 | en-GB | 1994-05-04 | | 411 | DISABLED | 3/1 Thistle Wynd; EH6 6QL; Edinburgh; ; GB | |
33 | Nia | Llewellyn | nia.llewellyn@example.com | +44 117 496 0023 | en-GB | 1978-10-31 | newsletter | 287 | ENABLED | 14 Harbour Steps; BS1 6TY; Bristol; ; GB | |
34 | Rohan | Mehta | rohan.mehta@example.org | +44 20 7946 0155 | en-GB | | wholesale | 133 | ENABLED | Unit 6, Old Cooperage; SE1 3XF; London; ; GB; Mehta Interiors Ltd | |
35 | Imogen | Tate | imogen.tate@example.net | | en-GB | 1965-03-03 | | 45 | DISABLED | 52 Sycamore Lane; YO24 1AB; York; ; GB | |
36 | Maya | Robinson | maya.robinson@example.com | +1 206 555 0110 | en-US | 1989-07-07 | vip, newsletter | 600 | ENABLED | 418 Cedarbrook Ave; 98103; Seattle; WA; US | |
37 | Ethan | Caldwell | ethan.caldwell@example.org | +1 512 555 0147 | en-US | | | 484 | ENABLED | 2207 Pecan Hollow Rd; 78704; Austin; TX; US | |
38 | Grace | Tanaka | grace.tanaka@example.net | +1 415 555 0136 | en-US | 1982-01-25 | newsletter | 399 | ENABLED | 77 Kingfisher Ct; 94110; San Francisco; CA; US | | Orders for the Osaka studio too, hence the yen.
39 | Noah | Whitfield | noah.whitfield@example.com | +1 617 555 0101 | en-US | 1999-09-15 | student | 311 | DISABLED | 30 Cobbler St, Apt 4B; 02139; Cambridge; MA; US | |
40 | Elena | Vasquez | elena.vasquez@example.org | +1 305 555 0188 | en-US | | | 190 | ENABLED | 1650 Palmetto Way; 33130; Miami; FL; US | |
41 | Samuel | Brightwater | samuel.brightwater@example.net | +1 312 555 0164 | en-US | 1971-12-06 | wholesale | 102 | INVITED | 905 Foundry Blvd; 60607; Chicago; IL; US; Brightwater Supply Co. | |
42 | Percy | Vaughan | | +44 20 7946 0190 | en-GB | | | 15 | DISABLED | | | Bought at the counter; left no e-mail address.
43 | Linnea | Marstrand | linnea.marstrand@example.org | | da | 1996-02-29 | newsletter | 8 | DISABLED | | |
44 | Ana | Holm | a.holm@example.org | | da | 1988-03-14 | | 120 | DISABLED | Lindevangsgade 12; 2200; København N; ; DK | |
45 | Becker | Lukas | lbecker@example.net | | de | | newsletter | 210 | DISABLED | Lindenhofweg 44; 10437; Berlin; ; DE | |
46 | Marco | Bianci | marco.bianchi@example.org | | it | 1981-05-17 | | 96 | DISABLED | Via dei Tigli 24; 20144; Milano; MI; IT | |
47 | Kasia | Wojcik | kasia.wojcik@example.net | | pl | 1991-01-16 | | 64 | ENABLED | ul. Lipowa 27 m. 4; 00-316; Warszawa; ; PL | |
48 | Ollie | Bennett | ollie.bennett@example.com | | en-GB | | newsletter | 31 | DISABLED | 9 Larkspur Mews; E2 8DY; London; ; GB | |
`;

/**
 * What they were given and what they spent. One line a movement: customer | currency | days ago | amount | event |
 * expires after, days | note for staff. The accounts are numbered in the order of their first lines.
 */
const MOVEMENTS = `
1  | EUR | 410 | 25.00 | ISSUE | | Thank you for the first order
1  | EUR | 232 | 60.00 | ORDER_REFUND | | Order 1042: the lamp came back
1  | EUR | 201 | -34.90 | ORDER_PAYMENT | | Order 1077
1  | EUR | 48 | 20.00 | ADJUSTMENT | 800 | Parcel was a week late
1  | EUR | 12 | -5.10 | ORDER_PAYMENT | | Order 1203
1  | DKK | 300 | 200.00 | ISSUE | | Birthday gift from the shop
1  | DKK | 150 | -75.00 | ORDER_PAYMENT | | Order 1121
2  | DKK | 520 | 1500.00 | ADJUSTMENT | | Yearly bonus for resellers
2  | DKK | 410 | -480.00 | ORDER_PAYMENT | | Order 1015
2  | DKK | 232 | -620.50 | ORDER_PAYMENT | | Order 1040
2  | DKK | 48 | 1500.00 | ADJUSTMENT | | Yearly bonus for resellers
3  | DKK | 300 | 149.00 | ORDER_REFUND | | Order 1055: wrong colour
3  | DKK | 150 | -149.00 | ORDER_PAYMENT | | Order 1122
5  | DKK | 90 | 50.00 | ISSUE | 365 | Invitation gift
7  | EUR | 520 | 40.00 | ISSUE | | Thank you for the first order
7  | EUR | 410 | 129.00 | ORDER_REFUND | | Order 1012: speaker out of stock
7  | EUR | 300 | -88.40 | ORDER_PAYMENT | | Order 1058
7  | EUR | 201 | 15.00 | ADJUSTMENT | 120 | Summer campaign
7  | EUR | 90 | -30.60 | ORDER_PAYMENT | | Order 1149
7  | EUR | 48 | -19.90 | ORDER_PAYMENT | | Order 1180
8  | EUR | 410 | 25.00 | ISSUE | | Thank you for the first order
8  | EUR | 150 | -12.50 | ORDER_PAYMENT | | Order 1125
9  | EUR | 300 | 10.00 | ADJUSTMENT | 60 | Autumn campaign
10 | EUR | 300 | 15.00 | ISSUE | | Student welcome
10 | EUR | 201 | -9.95 | ORDER_PAYMENT | | Order 1079
10 | EUR | 90 | 20.00 | ADJUSTMENT | 400 | Reviewed three products
10 | EUR | 12 | -14.20 | ORDER_PAYMENT | | Order 1206
11 | EUR | 300 | 350.00 | ADJUSTMENT | | Yearly bonus for resellers
11 | EUR | 232 | -129.99 | ORDER_PAYMENT | | Order 1043
11 | EUR | 48 | -64.00 | ORDER_PAYMENT | | Order 1181
12 | EUR | 90 | 10.00 | ADJUSTMENT | 30 | Came by a friend's link
14 | EUR | 520 | 30.00 | ISSUE | | Thank you for the first order
14 | EUR | 300 | 74.50 | ORDER_REFUND | | Order 1060: arrived broken
14 | EUR | 150 | -44.50 | ORDER_PAYMENT | | Order 1127
15 | EUR | 410 | 100.00 | ADJUSTMENT | | Hosted a tasting evening
15 | EUR | 201 | -36.80 | ORDER_PAYMENT | | Order 1081
15 | EUR | 90 | -21.30 | ORDER_PAYMENT | | Order 1150
15 | EUR | 12 | 25.00 | ADJUSTMENT | 365 | Came by a friend's link
17 | EUR | 232 | 18.90 | ORDER_REFUND | | Order 1044: cup missing
18 | EUR | 90 | 250.00 | ADJUSTMENT | | First bonus for resellers
19 | NOK | 520 | 300.00 | ISSUE | | Thank you for the first order
19 | NOK | 232 | -189.00 | ORDER_PAYMENT | | Order 1046
19 | NOK | 48 | 450.00 | ORDER_REFUND | | Order 1170: returned unopened
19 | EUR | 48 | 20.00 | ADJUSTMENT | 365 | Parcel was a week late
20 | NOK | 300 | 150.00 | ISSUE | | Student welcome
20 | NOK | 150 | -99.00 | ORDER_PAYMENT | | Order 1128
22 | NOK | 201 | 899.00 | ORDER_REFUND | | Order 1074: wrong size
22 | NOK | 90 | -649.00 | ORDER_PAYMENT | | Order 1151
22 | NOK | 12 | 649.00 | ORDER_REFUND | | Order 1151: wrong size again
24 | PLN | 520 | 100.00 | ISSUE | | Thank you for the first order
24 | PLN | 300 | -45.99 | ORDER_PAYMENT | | Order 1061
24 | PLN | 48 | 80.00 | ADJUSTMENT | 365 | Parcel was a week late
25 | PLN | 410 | 219.00 | ORDER_REFUND | | Order 1018: returned unopened
25 | PLN | 232 | -219.00 | ORDER_PAYMENT | | Order 1047
26 | PLN | 410 | 100.00 | ISSUE | | Thank you for the first order
26 | PLN | 201 | 300.00 | ADJUSTMENT | | Won the spring photo contest
26 | PLN | 90 | -156.40 | ORDER_PAYMENT | | Order 1152
26 | EUR | 90 | 12.00 | ORDER_REFUND | | Order 1139: postage refunded
27 | PLN | 300 | 1200.00 | ADJUSTMENT | | Yearly bonus for resellers
27 | PLN | 150 | -430.00 | ORDER_PAYMENT | | Order 1130
28 | PLN | 150 | 50.00 | ISSUE | | Student welcome
30 | GBP | 520 | 20.00 | ISSUE | | Thank you for the first order
30 | GBP | 300 | -11.75 | ORDER_PAYMENT | | Order 1063
30 | GBP | 90 | 46.00 | ORDER_REFUND | | Order 1140: arrived broken
31 | GBP | 410 | 75.00 | ADJUSTMENT | | Hosted a tasting evening
31 | GBP | 201 | -28.00 | ORDER_PAYMENT | | Order 1083
31 | GBP | 48 | 10.00 | ADJUSTMENT | 20 | Spring campaign
33 | GBP | 232 | 32.00 | ORDER_REFUND | | Order 1049: wrong colour
33 | GBP | 12 | -32.00 | ORDER_PAYMENT | | Order 1209
34 | GBP | 90 | 180.00 | ADJUSTMENT | | First bonus for resellers
36 | USD | 520 | 30.00 | ISSUE | | Thank you for the first order
36 | USD | 410 | -22.49 | ORDER_PAYMENT | | Order 1020
36 | USD | 232 | 118.00 | ORDER_REFUND | | Order 1050: lost on the way
36 | USD | 90 | -64.75 | ORDER_PAYMENT | | Order 1154
36 | USD | 12 | 15.00 | ADJUSTMENT | 90 | Came by a friend's link
37 | USD | 410 | 30.00 | ISSUE | | Thank you for the first order
37 | USD | 150 | -30.00 | ORDER_PAYMENT | | Order 1132
38 | USD | 300 | 55.00 | ORDER_REFUND | | Order 1064: returned unopened
38 | USD | 201 | -19.99 | ORDER_PAYMENT | | Order 1085
38 | JPY | 232 | 8000 | ADJUSTMENT | | Opening of the Osaka studio
38 | JPY | 90 | -3250 | ORDER_PAYMENT | | Order 1156
40 | USD | 150 | 25.00 | ISSUE | 365 | Thank you for the first order
40 | USD | 48 | -10.00 | ORDER_PAYMENT | | Order 1185
41 | USD | 90 | 400.00 | ADJUSTMENT | | First bonus for resellers
44 | EUR | 90 | 15.00 | ISSUE | | Thank you for the first order
46 | EUR | 48 | 22.00 | ORDER_REFUND | | Order 1172: cup missing
47 | PLN | 48 | 40.00 | ISSUE | | Thank you for the first order
`;

interface SampleAddress {
  readonly address1: string;
  readonly zip: string;
  readonly city: string;
  readonly zoneCode: string | null;
  readonly territoryCode: string;
  readonly company: string | null;
}

export interface SampleCustomer {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly locale: string;
  readonly birthDate: Date | null;
  readonly tags: readonly string[];
  readonly joinedDaysAgo: number;
  readonly state: 'DISABLED' | 'ENABLED' | 'INVITED';
  /** The first is the default. */
  readonly addresses: readonly SampleAddress[];
  readonly note: string | null;
}

export interface SampleMovement {
  readonly customerId: string;
  /** The account that the movement opens when it is the customer's first in the currency. */
  readonly accountId: string;
  readonly currency: string;
  readonly daysAgo: number;
  /** A decimal text; below zero for what was spent. */
  readonly amount: string;
  readonly event: 'ADJUSTMENT' | 'ISSUE' | 'ORDER_PAYMENT' | 'ORDER_REFUND';
  readonly expiresAfterDays: number | null;
  readonly note: string;
}

/** Ids that stay the same in every sample shop, so that what is written about it can be pasted: UUIDs of version 7, made on 1 January 2025. */
const fixedId = (kind: 'c' | 'a', number: number): string => `01941f29-7c00-7000-8000-00000000${kind}${String(number).padStart(3, '0')}`;

const cellsOf = (text: string, separator: string): string[] => text.split(separator).map((cell) => cell.trim());
const rowsOf = (table: string): string[][] => cellsOf(table.trim(), '\n').map((line) => cellsOf(line, '|'));

const addressOf = (text: string): SampleAddress => {
  const [address1 = '', zip = '', city = '', zoneCode, territoryCode = '', company] = cellsOf(text, ';');
  return { address1, zip, city, zoneCode: zoneCode || null, territoryCode, company: company || null };
};

const customerOf = (cells: readonly string[]): SampleCustomer => {
  const [number, firstName = '', lastName = '', email, phone, locale = '', birthDate, tags = '', joined, state, home, other, note] = cells;
  return {
    id: fixedId('c', Number(number)),
    firstName,
    lastName,
    email: email || null,
    phone: phone || null,
    locale,
    birthDate: birthDate ? new Date(`${birthDate}T00:00:00Z`) : null,
    tags: cellsOf(tags, ',').filter(Boolean),
    joinedDaysAgo: Number(joined),
    state: state as SampleCustomer['state'],
    addresses: [home, other].filter((text): text is string => Boolean(text)).map(addressOf),
    note: note || null,
  };
};

export const SAMPLE_CUSTOMERS: readonly SampleCustomer[] = rowsOf(CUSTOMERS).map(customerOf);

const accountsOf = (rows: readonly string[][]): string[] => [...new Set(rows.map(([number, currency]) => `${number} ${currency}`))];

const movementsOf = (rows: readonly string[][]): SampleMovement[] => {
  const accounts = accountsOf(rows);
  return rows.map(([number = '', currency = '', daysAgo, amount = '', event, expires, note = '']) => ({
    customerId: fixedId('c', Number(number)),
    accountId: fixedId('a', accounts.indexOf(`${number} ${currency}`) + 1),
    currency,
    daysAgo: Number(daysAgo),
    amount,
    event: event as SampleMovement['event'],
    expiresAfterDays: expires ? Number(expires) : null,
    note,
  }));
};

export const SAMPLE_MOVEMENTS: readonly SampleMovement[] = movementsOf(rowsOf(MOVEMENTS));

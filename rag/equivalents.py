"""The tables of words that the gate compares by: forms, stated equivalences, implications and opposites.

They are of news English. A word that they lack makes a true claim fail, which costs a paraphrase; a word too many lets
a false one pass. Entries are parted by "|", the words of an entry by spaces.
"""

# The forms of a word, its base first.
IRREGULAR = """
rise rose risen| fall fell fallen| win won| lose lost| take took taken| give gave given| get got| go went gone| come
came| make made| see saw seen| say said| tell told| find found| hold held| meet met| leave left| begin began begun|
become became| lead led| send sent| bring brought| keep kept| stand stood| run ran| strike struck| shake shook
shaken| speak spoke spoken| choose chose chosen| fly flew flown| draw drew drawn| grow grew grown| write wrote
written| drive drove driven| throw threw thrown| seek sought| buy bought| sell sold| pay paid| lay laid| build
built| catch caught| teach taught| think thought| feel felt| hear heard| know knew known| beat beaten| swear swore
sworn| spend spent| die dying| tear tore torn| wear wore worn| break broke broken| shoot shot| sink sank sunk| swim
swam| sing sang sung| steal stole stolen| bear bore born| hide hid hidden| forbid forbade forbidden| forget forgot
forgotten| bind bound| fight fought| sit sat| sleep slept| deal dealt| mean meant| lend lent| undergo underwent|
undertake undertook undertaken| withdraw withdrew withdrawn| overcome overcame| man men| schoolchild schoolchildren|
woman women| child children| person people| life lives| wife wives| foot feet| good better best| bad worse worst|
ride rode ridden| overthrow overthrew overthrown| uphold upheld| withhold withheld| foresee foresaw| oversee oversaw
overseen| mistake mistook mistaken| outbid| sweep swept| cling clung| swing swung| flee fled| feed fed| breed bred|
shrink shrank shrunk| spring sprang| arise arose arisen| awake awoke| bite bit bitten| blow blew blown| dig dug|
hang hung| kneel knelt| light lit| ring rang rung| sew sewn| shed| shine shone| slide slid| spin spun| stick stuck|
sting stung| swell swollen| weave wove woven| wake woke woken| withstand withstood| rebuild rebuilt| repay repaid|
retake retook retaken| wind wound| freeze froze frozen| fire fired| dead death deaths died dies
"""
# Verbs of several words, each with the verb that means the same; the first word may be in any form.
PHRASAL = """
turn down reject| step down resign| stand down resign| step aside resign| take over from succeed| hand over hand|
hand back return| give up abandon| call off cancel| put off postpone| carry out conduct| set up establish| pull out
of leave| look for seek| ask for seek| walk out of leave| lift off launch| blow up explode| knock out eliminate|
find out discover| go up rise| go down fall| lay off dismiss| sign off approve| send home dismiss| throw out reject|
push back postpone| speed up accelerate| close down close| shut down close| burn down burn| break out begin| come
out emerge| point out say| bring home return| pick up collect| call in summon| sum up summarise| back down yield|
cut off sever
"""
# Each line is one stated equivalence; a word may stand in several.
EQUIVALENT = """
quake earthquake shock aftershock| toll death die kill fatality perish lose casualty victim| wounded injured hurt|
kill murder slay| jet plane aircraft airliner| aboard board carry| ex former formerly| country nation state| leader
president premier| premier prime| finish come| start begin launch open commence| finish end conclude complete close
stop| rise climb increase grow jump gain soar up raise higher| fall drop decline decrease slip plunge tumble slide
down lower| reduce cut lower slash trim| beat defeat overcome| win victory triumph| victory win| loss lose| get
receive obtain gain win| win receive take secure| buy purchase acquire| sell sale| big large huge great| entire
whole all| hit strike| deal agreement accord pact treaty| agree accept consent| sign signature seal| elect election
choose| vote ballot| resign resignation quit step| sack dismiss fire oust remove| remove oust dismiss| name appoint
nominate call| call name describe| refuse decline reject| reject dismiss refuse| deny denial| forbid ban prohibit|
attack assault strike| demand call urge| urge ask call| ask request| help aid assist assistance| warn caution
warning| plan intend| promise pledge vow| goal target aim| present current| now current| yearly annual annually
year| monthly month| daily day| weekly week| triple three treble| twice double two| half halve| faulty defective|
computer machine| cancel scrap axe| firm company| company business| maker producer manufacturer| worker employee
staff| money fund cash| cost price| share stock| rate interest| likely probably expected| probable probably likely|
return back come| carry conduct perform do| show display| move relocate| go travel| hold stage| stop halt| stop
prevent| border frontier| oppose against opposition| opponent rival foe| rival competitor| back support endorse|
support backing| say statement announce announcement declare| approve approval clear| decide decision rule| rule
ruling judgment verdict| court judge tribunal justice| convict guilty| jail prison imprison| arrest detain| charge
accuse| police officer| troops soldier force army| weapon arms| war conflict| fight battle fighting| bomb blast
explosion explode| fire blaze| flee escape| house home| city town| capital city| child kid| doctor physician| drug
medicine| jab injection shot vaccine| sick ill| disease illness virus| scientist researcher| study research| test
trial| discover find discovery| unseen before| previously before earlier| foreigner foreign| foreign abroad| world
global worldwide| pope pontiff| film movie| book novel| author writer| match game| final championship| championship
tournament| title crown trophy championship| coach manager| header head| gold medal| medal win| cathedral church|
reopen open| reach hit touch| exceed pass surpass top over| worth value| founder founded co-founder| establish
founded| near close almost| almost nearly| about around roughly approximately some| lack no without| need require|
try attempt seek| attempt try| last final| past last| next following| main chief| chief head| head lead leader|
govern lead rule| government cabinet| parliament assembly legislature| predecessor before| successor replace
succeed| replace succeed| take assume| effect force| force effective| ratify ratification| member join| join enter
adopt| adopt introduce| adopt pass| tariff duty| shop store| sea ocean| send dispatch| enough sufficient| quick fast
rapid| briefly time| brief short| centre center| metre meter| kilometre kilometer km| defence defense| organisation
organization| programme program| percent %| speech address| tv television| phone telephone call| tell inform| remain
stay continue| keep retain maintain continue| keep remain| leave depart quit exit| leave off out come| let allow
permit| allow able| injure hurt| storm hurricane| hurricane typhoon| many numerous| several some few| begin early|
dismiss reject describe call| obtain get| live reside| work operate| make produce| create make| build construct|
destroy ruin| damage harm| danger threat threaten| dangerous danger| rescue save| saw see| search look| huge
massive| rich wealthy| poor poorer| climate warming| law legislation bill| border boundary| belong own| birth born|
bear birth| spokesman spokeswoman spokesperson| chairman chairwoman chair| male man| female woman| biggest largest|
large big| candidate nominee| campaign run| investigator inquiry investigate investigation probe| put set place|
estimate expect| disable knock| spread outbreak| case infection| infect infection| recover retrieve| reveal show|
require must| unable cannot| bind binding| rely depend| strike reach make| unanimous agree| multiple several many|
more large big great| approve allow permit| night late| juror jury| outskirts edge| reversal retreat turnaround
u-turn| ahead before| reign throne rule| schoolchild pupil student schoolboy schoolgirl| kidnap abduct seize| break
sever| climber hiker mountaineer| shake strike hit rock| consent will| coast shore| off down| federation
association| operate surgery undergo| profit earnings gain| revenue sale turnover income| loss deficit| hike rise
increase| job post work| unemployed jobless| unemployment joblessness| growth expansion grow expand| recession
downturn contraction| tumble plunge crash slump sink| slump fall drop| headquarters base| subsidiary unit arm| merge
combine unite| prosecutor prosecution| indict charge| custody detention prison| extradite hand| hearing session|
testify evidence witness| quash annul overturn cancel| militia fighter| drone aircraft| airstrike strike raid|
embargo sanction| sanction penalty| levy tax duty| contest fight run| incumbent president sitting| veto block|
referendum vote plebiscite| species animal| fossil bone remains| clinch secure win seal| retain keep defend|
relegate drop| heatwave heat| drought dry| rain downpour rainfall| snow blizzard| derail track| passenger traveller
traveler| carrier airline| airline company| ground cancel| capsize overturn sink| unaccounted miss| disappear miss|
nominee candidate| running-mate deputy| inquiry investigation probe| detective investigator| burglar thief| thief
rob steal| theft steal| robbery rob steal| smuggle traffic| drown die| hike walk| trek walk| ascend climb| summit
peak top| summit meeting| meet meeting talk| gather meet| conference meeting summit| dinner meal| guest visitor|
tourist visitor| spectator fan| venue site| arena stadium| concert show performance| perform play sing| exhibit
show| museum gallery| painting picture work| artist painter| sculpture statue| auction sell| bidder buyer| collector
buyer| jewel gem| ring band| pearl jewel| tomb grave| ancient old| archaeologist researcher| dig excavate|
excavation dig| unearth discover find| inscription writing| coin money| manuscript document book| translate
translation version| language tongue| school class| teacher instructor| university college| student pupil| exam
test| degree diploma| learn study| expert specialist| specialist doctor| surgeon doctor| nurse medic| medic doctor|
ambulance medic| clinic centre| psychiatric mental| obese fat| cancer tumour tumor| pregnant expect| birth deliver|
newborn baby| orphan child| adopt take| widow wife| bride wife| wedding marry| divorce split| separate split| split
divide| divide share| share divide| half 50| quarter 25| third 33| decade years| fortnight weeks| hourly hour|
minute moment| instant moment| dawn sunrise early| sunset evening| noon midday| afternoon day| late evening|
overnight night| annual yearly year| budget plan| tax levy| pension retirement| retire retirement end| retire quit|
career work| boss manager| hire recruit employ| recruit join| dismissal sack| redundant dismiss| strike walkout
stoppage| union labour| wage pay salary| salary pay| raise rise| bonus pay| minimum least| maximum most| limit cap|
cap limit ceiling| quota limit| shortage lack| surplus excess| supply deliver| delivery deliver| order request|
demand need| customer shopper| shopper customer| consumer shopper| retailer shop store| supermarket shop| mall shop
centre| restaurant cafe| hotel inn| flat apartment| apartment flat home| tenant renter| rent lease| mortgage loan|
property house home| landlord owner| villa house| tower building skyscraper| building block| ruins rubble| rubble
debris| debris wreckage| wreckage wreck| dam reservoir| canal waterway| channel strait| strait channel| river
stream| lake reservoir| island isle| peninsula cape| mountain mount peak| hill mount| volcano eruption erupt|
eruption erupt| ash smoke| lava flow| desert sand| forest wood rainforest| tree forest| farm field| farmer grower|
crop harvest| wheat grain| grain cereal| cattle cow| sheep flock| dog puppy| bird fowl| whale animal| shark fish|
bear animal| zoo park| park reserve| extinct die| endangered threaten| conserve protect| protect defend guard| guard
protect| safeguard protect| shield protect| pollution emission| emission pollution| carbon co2| renewable green|
solar sun| turbine wind| coal mine| drill bore| well hole| tunnel underground| metro underground subway| subway
metro| tram streetcar| bus coach| motorway highway road| highway road| street road| lane road| bridge crossing|
crossing cross| cross enter pass| checkpoint crossing| customs border| visa permit| permit licence license allow|
licence permit| passport document| identity name| alias name| nickname call| rename call| christen call| dub name|
brand name call| logo sign| flag banner| slogan phrase| chant shout| shout cry| cry weep| weep cry| laugh smile|
joke humour| mock ridicule| insult offend| apologise apologize sorry apology| apology apologise| regret sorry|
forgive pardon| pardon amnesty forgive| amnesty pardon| clemency pardon| execute execution death| execution kill|
hang execute| behead kill| torture abuse| abuse mistreat| harass harassment abuse| rape assault| victim survivor|
stalk follow| chase pursue follow| pursue chase| hunt search| manhunt search hunt| wanted search| reward bounty|
ransom money| bribe corruption| corruption graft bribery| bribery bribe| launder hide| conceal hide| hide conceal|
cover hide| leak disclose reveal| whistleblower source| hack breach| hacker attacker| cyberattack attack| password
code| code cipher| software program| app application| phone mobile smartphone| device machine gadget| robot machine|
chip semiconductor| battery cell| engine motor| vehicle car truck| prototype model| patent right| inventor invent|
laboratory lab| experiment test trial| sample specimen| measure gauge| temperature heat| degree celsius| gravity
pull| particle matter| atom nuclear| reactor plant nuclear| radiation radioactive| orbit circle| comet asteroid|
asteroid meteor| crater hole| surface ground| rover vehicle robot| lander craft spacecraft| capsule spacecraft
craft| module craft| crewed astronaut| beat defeat win victory triumph outplay overcome| lie sit stand rest situate
locate| army military troops soldier force| power authority control| seize take grab| seize detain arrest capture|
seize confiscate| overthrow oust topple depose remove| oust remove dismiss| seek request ask demand apply| launch
lift blast| launch begin start| name declare proclaim| name choose pick select| pick choose select| hand give pass
deliver| give grant award present confer| grant allow| award receive win| rescue bailout| takeover buy purchase
acquire acquisition| takeover deal| merger deal| acquisition deal| quit leave| leave abandon| succeed replace
follow| replace substitute| follow after| goal score| score net| dead kill| shoot kill| assassinate kill murder|
deliberate purpose intentional deliberately| destroy burn| destroy level| collapse fall| collapse fail| crash
collision| hit crash collide| section part stretch portion| part share portion| way entry path route| block prevent
stop| block bar| longer stop| bring carry take transport| carry fly| fly transport| fly flight| fly travel| plane
airliner flight| airliner jet| ship vessel boat| train carriage| car vehicle| lorry truck| mosque temple| church
temple| confine house| power electricity| electricity energy| blackout outage| inhabitant resident people
population| resident citizen| client customer| user customer| customer consumer| wind gale| storm cyclone| flood
flooding| wildfire fire blaze| miss lack| vanish disappear miss| find locate| locate lie| wreck shipwreck remains|
captain commander| skipper captain| commander head chief lead leader| boss chief head executive| chief executive|
executive ceo| chair head| premier head| deputy vice| deputy assistant| adviser aide| envoy ambassador| ambassador
diplomat| envoy diplomat| diplomat emissary| expel throw eject| expel order| order command instruct| order tell|
recall withdraw| withdraw retreat leave pull| withdraw revoke cancel| revoke cancel| suspend halt pause| halt stop
pause| halt cease| ceasefire truce armistice| broker mediate| mediate negotiate| negotiation talk| talk discussion|
discussion debate| accord settlement| settlement deal| dispute quarrel row disagreement| row clash| clash fight|
protest demonstration rally| protester demonstrator| rally gathering| crowd people| riot unrest| unrest violence|
rebel insurgent militant fighter| gunman attacker shooter assailant| attacker assailant| suspect accused| hostage
captive| capture seize| capture take| free release liberate| release publish| publish issue| issue release| let
release| imprison jail| sentence jail| sentence condemn| convict find| plead admit| admit acknowledge concede
confess| concede accept| acknowledge recognise recognize| recognise recognize acknowledge| accept approve adopt|
adopt pass| pass approve| endorse approve| ratify approve| consent approve approval agreement| consent agree|
dissolve disband| coup takeover| junta military| minister secretary| cabinet minister| ministry department|
department office| bureau office| agency authority| commission committee| panel committee| board panel| watchdog
regulator| regulator authority| auditor accountant| fine penalty| fine penalise| impose levy| mislead deceive| cheat
deceive| fraud deception| accounts book| lawmaker legislator deputy mp| senate senator| seat mandate| voter
electorate| runoff round| round stage| poll vote election| poll survey| turnout participation| majority most| narrow
slim| narrowly slightly| narrow close| landslide wide| constitution constitutional| amend change| change amendment|
reform change| change alter| indigenous aboriginal| row line| region area| area zone| zone district| district area|
province region| neighbour neighbor| neighbour neighbouring neighboring| border neighbour| moon lunar| sun solar|
earth planet| spacecraft probe craft| probe craft| rocket launcher| satellite spacecraft| astronaut crew| crew
crewed| touch land| land arrive| land touchdown| orbit space| telescope observatory| image picture photo photograph|
picture painting| photograph picture| diameter width| distance away| depth deep| deep depth| height high tall| long
length| length long| old age| age aged| record set| break beat shatter| break surpass| take break| shatter break
smash| marathon race| runner athlete| athlete sportsman| qualifier qualify| tournament competition| competition
contest| contest match| race contest| crown win| trophy cup| cup title| champion title| champion championship|
champion win winner| winner win victor| runner-up second| draw tie| equal level| level equal| penalty spot| shootout
penalty| substitute replace| player footballer| striker player| coach trainer| team side squad| club team| fan
supporter| crowd audience spectator| watch attend| award prize| laureate win| writer novelist| director direct|
direct film| song track| album record| actor actress star| star play| premiere debut| broadcast air| broadcaster
channel network| network channel| newspaper paper| newspaper daily| journalist reporter correspondent| editor edit|
statement declaration| declare announce proclaim| proclaim announce| announce reveal unveil| reveal disclose|
disclose announce| unveil present| present unveil| describe label| label call| dub call| criticise criticize attack
blame| criticise criticize condemn| condemn denounce| denounce criticise| blame accuse| accuse charge| accusation
accuse| accusation charge| allege accuse| claim say| claim take| argue say claim| insist say| stress say emphasise|
emphasise say| praise laud hail| hail praise| thank gratitude| congratulate congratulation| welcome greet| greet
receive| welcome receive| host receive| host hold| visit travel| visit trip| trip journey| journey travel| arrive
reach| reach get| flee leave| escape avoid| survive survivor| survive escape| injury wound injure|
wound hurt| treat care| hospital clinic| hospital hospitalise hospitalize| surgery operation| operation operate|
vaccine jab| outbreak epidemic| virus disease| patient sick| cure treat| trial case| case lawsuit| lawsuit suit sue|
sue lawsuit| appeal challenge| challenge contest| overturn reverse strike| reverse overturn| uphold confirm| confirm
verify| verify check| verdict decision| ruling decision judgment| judgment ruling judgement| opinion view| dissent
disagree| violate break breach| breach break| illegal unlawful| unlawful illegal| legal lawful| lawful legal| right
entitlement| entry access| join enter| join become| become turn| member state| membership member| alliance bloc|
bloc group alliance| union bloc| coalition alliance| partner ally| ally friend| enemy foe| guarantee assurance|
assurance promise| pledge promise commit| commit promise| commit pledge| promise offer| offer propose| propose
suggest| proposal propose| proposal plan| suggest propose| bid offer| offer bid| auction sale| sale sell| price
worth| value price| cost worth| share stake| stake share| stock share| investor shareholder| investment invest|
invest put| fund finance| finance pay| pay spend| spend pay| spending expenditure| budget spending| debt loan| loan
lend| lend loan| borrow loan| deposit saving| bank lender| lender bank| market exchange| trade commerce| export
sell| import buy| ban prohibit bar outlaw forbid| prohibit ban| seafood fish| goods product| product item| factory
plant| plant facility| facility site| mine pit| oil petroleum| gas fuel| fuel energy| pipeline pipe| release
discharge| discharge release| leak escape| treat process| nuclear atomic| weapon gun| gun firearm| missile rocket|
shell bombard| bombard shell| strike attack raid| raid attack| invade invasion| invade enter| invasion invade|
occupy seize| conquer capture| retake recapture| recapture retake| advance move| retreat withdraw| evacuate leave
remove| evacuation evacuate| shelter refuge| refuge asylum haven sanctuary| asylum refuge| refugee migrant| migrant
immigrant| exile flee| poison poisoning| poisoning poison| spy agent| intelligence spy| secret confidential|
anonymous unnamed| mention name| purpose aim| aim intend| aim goal| target aim| purpose goal| reason cause| cause
reason| because cause| cause trigger| trigger spark| spark trigger| lead cause| result outcome| result lead| effect
result| impact effect| affect hit| measure step| step move| move step| action step| policy plan| scheme plan|
project plan| program project| strategy plan| draft write| text document| document paper| document statement| paper
document| letter write| message note| note message| signature sign| sign initial| version edition| annual year|
decade ten| century hundred| half-century fifty| anniversary year| quarter fourth| midnight night| dawn morning|
evening night| weekend sunday saturday| spring april| begin introduce| introduce launch| introduce bring| establish
create| establish form| form create| form make| form shape| create founded| founder create| invent create| develop
make| develop grow| produce create| design plan| design build| construct construction| restore rebuild repair|
repair fix| fix repair| renovate restore| reopen restore| inaugurate open| inaugurate launch| inauguration open|
close shut| shut close| shutter close| end expire| expire end| last endure| last continue| continue remain| keep
continue| keep hold| hold have| hold own| own possess| possess have| own have| contain include| include comprise|
comprise consist| consist include| number total| total sum| sum amount| amount total| add plus| extra additional|
additional more| further more| rest remainder| remaining rest| remain rest| only just| sole only| alone only| single
one| lone single| mainly mostly| mostly largely| partly partially| fully completely| completely entirely| entirely
wholly| immediately instantly| immediately once| suddenly abrupt| quickly rapidly| rapidly fast| recently late|
recent new| new latest| latest new| latest last| old former| previous former| previous earlier| previous past|
initial first| initially first| original first| originally first| eventual final| eventually final| finally last|
ultimately final| currently now| currently present| presently now| expected due| due expect| schedule plan| schedule
due| set due| forecast expect predict| predict expect| anticipate expect| hope expect| fear worry| worry concern|
concern worry| angry anger| happy glad| sad sorrow| mourn grieve| funeral burial| bury burial| monarch queen king
sovereign| sovereign king| king monarch| queen monarch| reign rule| throne crown| prince royal| palace castle| pope
pontiff catholic| bishop prelate| priest clergyman| teenager teen young| young youth| elderly old| baby infant|
parent mother father| spouse wife husband| wife marry| husband marry| brother sibling| sister sibling| son child|
daughter child| family relative| twin two| pair two| trio three| both two| dozen twelve| abolish scrap
axe eliminate| suspend halt pause| suspend ban| block bar ban| staff workforce personnel| layoff redundancy dismissal|
deploy release| deploy send| compensate reimburse repay| impose declare order| declare order| conclude sign reach|
strand stop trap| displace uproot| accident crash collision collide| burst break rupture| deadly fatal kill| lethal
deadly| large more| high more| big more| low less| small less fewer| provide supply offer| supply give| hand give|
grant give award| award give| deliver give| send transfer forward| transfer move| shift move| relocate
transfer| withdraw pull take| remove take withdraw| strip remove| oust topple overthrow| topple overthrow| quit leave|
exit leave| return back| restore return| free release| clear acquit| acquit clear| detain hold arrest| hold detain|
custody hold| question interrogate| search hunt| trace find| locate find| identify recognise recognize| identity
identify| recover find| compare liken| warn alert| alert warning| caution warn| predict forecast| project forecast|
double twice| halve half| shrink contract| expand widen grow| surge soar jump| plunge plummet| plummet fall drop|
worsen deteriorate| improve better| ease relax loosen| tighten toughen| curb limit restrict| restrict limit|
restriction limit ban| regulate control| oversee supervise| supervise monitor| observe watch monitor| inspect check
examine| examine study analyse analyze| analyse study analyze| analysis study| assess evaluate estimate| calculate
estimate reckon| count tally| tally total| record log| register record| list name| include feature| involve include|
exclude omit| skip miss| avoid dodge| evade dodge| hide conceal| conceal cover| expose reveal uncover| uncover find
discover| detect find discover| spot see| witness see| visible see| view see| photo picture| footage video| clip
video| recording tape| publish print| broadcast show| air broadcast| stream broadcast| post publish| tweet post| write
post| comment remark| remark say| joke quip| boast brag| pledge vow| swear oath| oath swear| inaugurate swear|
ceremony inauguration| tribute honour honor| honour honor| commemorate mark| celebrate mark| mark anniversary|
gathering crowd| throng crowd| march rally| barricade block| blockade block| seal close| cordon close| evacuate
clear| sweep rush| engulf burn| gut burn| scorch burn| char burn| ignite light start| extinguish quench| douse
extinguish| contain control| flood inundate| submerge flood| swamp flood| wash sweep| bury cover| collapse fall cave|
crumble collapse| level destroy| flatten destroy| wreck destroy ruin| devastate destroy| raze destroy| demolish
destroy| tear pull| strand beach ground| aground ground| topple tip fall| overturn tip| tilt tip| skid slide| swerve
veer| ram hit| collide hit crash| crash hit| smash hit crash| clip hit| plough plow
"""
# A place with its people and what is theirs, where endings do not tell.
DEMONYMS = """
france french frenchman| britain british uk briton| netherlands dutch| germany german| greece greek| spain spanish
spaniard| switzerland swiss| denmark danish dane| sweden swedish swede| poland polish pole| turkey turkish turk|
finland finnish finn| norway norwegian| ireland irish| scotland scottish scot| wales welsh| us american america|
portugal portuguese| thailand thai| netherlands holland| argentina argentine argentinian| philippines filipino
philippine| afghanistan afghan| czechia czech| england english| europe european eu| washington us| un nations
"""
# What a word of the source also says, and no other way round: "in Kyiv" is in Ukraine, and "murdered" is killed.
IMPLIED = """
shoot: wounded gunfire| off: coast| must: order require| award: winner win| surgeon: doctor| glacier: ice| rescuer:
rescue team| once: former| fighter: jet plane| founder: founded| pupil: child| hiker: climber| mourning: period|
surgery: operate| kyiv: ukraine| kiev: ukraine| moscow: russia| kremlin: russia| beijing: china| washington: us|
london: britain| paris: france| berlin: germany| bundestag: germany| rome: italy| madrid: spain| lisbon: portugal|
vienna: austria| brussels: belgium| hague: netherlands| amsterdam: netherlands| athens: greece| ankara: turkey|
istanbul: turkey| warsaw: poland| budapest: hungary| prague: czechia| stockholm: sweden| oslo: norway| copenhagen:
denmark| helsinki: finland| dublin: ireland| tokyo: japan| seoul: korea| pyongyang: korea| delhi: india| islamabad:
pakistan| kabul: afghanistan| tehran: iran| baghdad: iraq| damascus: syria| beirut: lebanon| jerusalem: israel|
cairo: egypt| riyadh: saudi arabia| canberra: australia| sydney: australia| wellington: new zealand| ottawa: canada|
brasilia: brazil| bogota: colombia| caracas: venezuela| lima: peru| santiago: chile| havana: cuba| nairobi: kenya|
lagos: nigeria| abuja: nigeria| pretoria: south africa| harare: zimbabwe| khartoum: sudan| tripoli: libya| tunis:
tunisia| algiers: algeria| minsk: belarus| tbilisi: georgia| yerevan: armenia| baku: azerbaijan| bangkok: thailand|
hanoi: vietnam| manila: philippines| jakarta: indonesia| colombo: lanka| dhaka: bangladesh| kathmandu: nepal|
knesset: israel| duma: russia| pentagon: us| murder: kill dead| assassinate: kill dead| kill: dead die life|
execute: kill dead| drown: die| behead: kill| beat: win lose| defeat: win lose| victory: win beat| win: beat|
outvote: beat| quit: leave| resign: quit leave step| dismiss: remove| sack: remove| jail: sentence| overthrow:
remove power| flee: leave go| fly: go travel| drive: go| sail: go| buy: own| purchase: own| takeover: own deal|
author: write| direct: film| director: direct| founder: founded| winner: win| owner: own| leader: lead| commander:
command lead| maker: make| builder: build| writer: write| editor: edit| president: lead| premier: lead| runner: run|
survivor: survive| killer: kill| attacker: attack| producer: produce| buyer: buy| seller: sell| employer: employ|
helicopter: aircraft| aeroplane: aircraft| jet: plane aircraft| plane: aircraft| yacht: boat ship| ferry: ship boat|
tanker: ship| submarine: vessel| pistol: gun weapon| rifle: gun weapon| knife: weapon| missile: weapon| bomb:
weapon| queen: monarch| king: monarch| earthquake: disaster| flood: disaster| hurricane: storm| typhoon: storm|
tornado: storm| novel: book| soldier: troops| tribunal: court| senate: parliament| congress: parliament legislature|
bundestag: parliament| assembly: parliament| website: site| oscar: award| nobel: prize| mosque: building| cathedral:
church building| monday: week| dollar: money| euro: money| injection: drug| million: number| all: every everyone|
nobody: none
"""
# Two words that cannot both be so.
OPPOSITE = """
accept reject| win lose| rise fall| increase decrease| raise lower| grow shrink| gain loss| buy sell| open close|
begin end| start stop| arrive leave| enter leave| allow ban| allow forbid| approve reject| agree refuse| support
oppose| confirm deny| admit deny| convict acquit| guilty innocent| succeed fail| live die| strong weak| large small|
high low| early late| more less| more few| above below| up down| before after| first last| best worst| join leave|
arrest release| build destroy| attack defend| hire fire| strengthen weaken| improve worsen| include exclude| legal
illegal| public private| favour against| for against| since until| likely unlikely| able unable| willing unwilling|
safe dangerous| praise criticise| remember forget| export import| north south| east west| male female| man woman|
over under| most least| import export
"""
# Words of reporting and of framing, which say nothing of the world that the source does not.
HARMLESS_WORDS = """
himself herself itself themselves least less earlier previously against nearly almost approximately roughly around
over fewer say said says saying tell told report reported reports state stated add added note noted announce
announced explain explained mention according statement source article story news also however meanwhile later then
there thus therefore ever well very just still yet already even both total altogether people person one ones day
time place thing way take took make made have get go come put give keep set who which that called named mr ms mrs dr
including include per each among amid during following place happen occur reportedly number figure own while whereas
since once part kind way across along alongside throughout toward towards onto amid beside besides every
"""

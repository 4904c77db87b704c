"""Things and places that a prompt may name: their English names and their families."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias

Role: TypeAlias = Literal["thing", "place", "person", "effect"]

# family, role, and then entries: English, other English forms, "=" and Chinese names.
# A person or vehicle takes the family of where it is; its own family is the last resort.
_TABLE: Final[tuple[tuple[str, Role, str], ...]] = (
    ("animal", "thing", """
        panda,giant panda=大熊猫,熊猫; red panda=小熊猫; cat,kitten,kitty=猫咪,小猫,猫,喵星人
        dog,puppy,doggy,corgi,husky,golden retriever=小狗,狗狗,狗,柯基,哈士奇,金毛; fox=狐狸
        rabbit,bunny=兔子,小兔,白兔; tiger=老虎,虎; lion,lioness=狮子; elephant=大象,小象
        bear,polar bear,grizzly=熊,北极熊; wolf,wolves=狼; deer,fawn,stag=小鹿,鹿
        horse,pony=骏马,马; bird,sparrow,seagull,parrot=小鸟,鸟,海鸥,鹦鹉; eagle,hawk=老鹰,鹰
        owl=猫头鹰; penguin=企鹅; butterfly,butterflies=蝴蝶; bee=蜜蜂
        fish,goldfish=小鱼,金鱼,鱼群,鱼; dolphin=海豚; whale=鲸鱼,鲸; shark=鲨鱼
        turtle,tortoise,sea turtle=海龟,乌龟; octopus=章鱼; jellyfish=水母; monkey=猴子,猴
        koala=考拉; kangaroo=袋鼠; giraffe=长颈鹿; zebra=斑马; sheep,lamb=绵羊,羊
        cow,cattle=奶牛,牛; pig,piglet=小猪,猪; duck,duckling=鸭子,小鸭; swan=天鹅
        chicken,hen,rooster=公鸡,小鸡; mouse,mice=老鼠; squirrel=松鼠; hedgehog=刺猬; frog=青蛙
        snake=蛇; crane=仙鹤; peacock=孔雀; otter=水獭; seal=海豹; hamster=仓鼠; camel=骆驼
        leopard,cheetah=豹子,猎豹; dinosaur=恐龙; dragon=龙; unicorn=独角兽
        animal,wildlife=动物"""),
    ("food", "thing", """
        pizza=披萨,比萨; burger,hamburger,cheeseburger=汉堡
        noodles,noodle,ramen,pasta,spaghetti=拉面,面条,意面; sushi=寿司
        cake,birthday cake,cupcake=生日蛋糕,蛋糕; coffee,latte,espresso=咖啡,拿铁; tea=茶,奶茶
        bread,croissant=面包; fruit,fruits=水果; apple=苹果; strawberry,strawberries=草莓
        orange juice=橙汁; ice cream=冰淇淋,雪糕; chocolate=巧克力; soup=汤; salad=沙拉
        steak=牛排; dumpling,dumplings=饺子,包子; hot pot,hotpot=火锅; rice=米饭; breakfast=早餐
        dinner,meal,dish,food=美食,晚餐,菜肴,食物; donut,doughnut=甜甜圈; cookie=饼干
        pancake,pancakes=松饼; sandwich=三明治; taco=塔可; wine=红酒; cocktail=鸡尾酒
        kitchen=厨房"""),
    ("space", "thing", """
        planet=行星,星球; galaxy,milky way=银河,星系; rocket,spaceship,spacecraft=火箭,飞船
        astronaut=宇航员,航天员; satellite=卫星; space station=空间站
        moon,full moon=月球,月亮,明月; mars=火星; saturn=土星; jupiter=木星; earth=地球
        nebula=星云; black hole=黑洞; comet=彗星; meteor,meteor shower,shooting star=流星雨,流星
        star,stars=星星,繁星; solar system=太阳系; ufo=飞碟"""),
    ("space", "place",
        "space,outer space,universe,cosmos=太空,宇宙,外太空; starry sky=星空; orbit=轨道"),
    ("sea", "thing", """
        sailboat,sailing boat,yacht=帆船,游艇; boat,fishing boat=小船,渔船,船
        ship,cargo ship=轮船; surfer=冲浪者; wave,waves=海浪,波浪,浪花; lighthouse=灯塔
        coral reef,coral=珊瑚礁,珊瑚; submarine=潜水艇; surfboard=冲浪板"""),
    ("sea", "place", """
        sea=大海,海面,海上,海; ocean=海洋; beach=海滩,沙滩,海边
        coast,coastline,seaside,shore=海岸; island=海岛,岛屿,小岛; harbor,harbour,port=港口,海港
        bay=海湾; underwater=海底,水下; tropical beach=热带海滩"""),
    ("city", "place", """
        city,town,downtown=城市,都市; skyline,city skyline=天际线; street,streets=街道,街头,大街
        alley=小巷; tokyo=东京; new york,manhattan=纽约; paris=巴黎; london=伦敦; shanghai=上海
        beijing=北京; hong kong=香港; shenzhen=深圳; chengdu=成都; dubai=迪拜
        skyscraper,skyscrapers=摩天大楼,高楼; building,buildings=大楼,建筑; bridge=大桥,桥
        highway,road=公路,高速公路; subway,metro,train station=地铁站,地铁,车站
        market=集市,市场; night market=夜市; cafe,coffee shop=咖啡馆,咖啡厅; office=办公室
        rooftop=屋顶,天台; traffic=车流; neon street,neon streets=霓虹街道; airport=机场
        park bench=长椅; old town=古镇,老街; restaurant=餐厅; shopping mall,mall=商场
        stadium=体育场; school,classroom=学校,教室; room,bedroom=房间,卧室"""),
    ("city", "person", """
        car,sports car,race car,taxi=跑车,汽车,出租车,车; train=火车,列车; bus=公交车
        bicycle,bike=自行车; motorcycle,motorbike=摩托车; airplane,plane=飞机; robot=机器人
        drone=无人机; truck=卡车"""),
    ("landscape", "place", """
        bamboo forest,bamboo grove=竹林; forest,woods,woodland=森林,树林,林间
        rainforest,jungle=雨林,丛林; mountain,mountains,peak,alps=山脉,高山,山峰,群山,山顶,山
        snowy mountain,snowy mountains=雪山; lake,lakeside=湖泊,湖面,湖边,湖
        river,riverside,stream=河流,小河,小溪,河边,江; waterfall=瀑布
        field,fields,wheat field=田野,麦田,稻田; meadow,grassland,grass,prairie=草地,草原,草坪
        desert=沙漠,沙丘; valley,canyon=山谷,峡谷; hill,hills=山丘,小山; garden=花园,庭院
        park=公园; countryside,village=乡村,村庄; farm=农场; volcano=火山; glacier=冰川
        cliff=悬崖; cave=山洞,洞穴; snowfield,snow=雪地,雪原; sky,clouds above=天空,蓝天
        cherry blossom garden=樱花林; temple=寺庙; castle=城堡; great wall=长城; windmill=风车
        path,trail=小路,小径; cabin=木屋; lavender field=薰衣草田; sunflower field=向日葵田
        pond=池塘; terraced fields=梯田; autumn forest=枫林; zoo=动物园; backyard,yard=院子
        water=水面,水边"""),
    ("landscape", "thing", """
        cherry blossom,cherry blossoms,sakura=樱花; tree,trees,pine,oak=大树,树木,树
        bamboo=竹子; flower,flowers,rose,roses,tulip,tulips=鲜花,花朵,玫瑰,花
        sunflower,sunflowers=向日葵; leaf,leaves=树叶,落叶; rainbow=彩虹
        hot air balloon,hot air balloons=热气球; northern lights,aurora=极光; maple leaves=枫叶
        campfire,bonfire=篝火; tent=帐篷; dandelion=蒲公英; lotus=荷花,莲花; plum blossom=梅花
        kite=风筝; cloud=云海,白云,云朵"""),
    ("landscape", "person", """
        woman,women,girl,lady=女人,女孩,姑娘,女子; man,men,boy,guy=男人,男孩,男子
        child,children,kid,kids=孩子,小孩,儿童; people,crowd,person,friends=人群,人们,朋友
        couple=情侣; family=一家人; old man=老人; dancer=舞者; runner=跑者; hiker=登山者
        samurai=武士; knight=骑士; baby=婴儿,宝宝; chef,cook=厨师; student=学生"""),
    ("abstract", "effect", """
        particles,particle=粒子; geometric shapes,shapes,geometry=几何图形,几何
        fractal,fractals=分形; abstract,abstract art=抽象; neon lights,neon=霓虹灯,霓虹
        light,lights=光线,灯光,光; smoke=烟雾; ink=墨水; pattern,patterns=图案
        gradient,gradients=渐变; bubbles,bubble=气泡; fire,flames=火焰; logo=标志
        data,network=数据,网络; kaleidoscope=万花筒; fireworks,firework=烟花,烟火; liquid=液体"""),
)  # fmt: skip

# Words that only look as if they held one of the names above.
_DECOYS: Final = (
    "雪花", "火花", "泪花",
    "马上", "海报", "马路", "花费", "花了", "花式", "牛逼", "上海报", "光标", "茶话", "熊市",
    "山东", "江苏", "鱼缸", "狗血", "水平", "马克", "车间", "船长", "湖南", "湖北", "河南",
    "河北", "海南", "花样", "光滑", "时光", "阳光", "观光", "马尾", "龙头", "树立", "海量",
    "山寨", "网络视频", "熊孩子",
)  # fmt: skip
_LONGEST_ZH: Final = 6
_LONGEST_EN: Final = 3
_WORD: Final = re.compile("[a-z]+(?:'[a-z]+)?")


@dataclass(frozen=True)
class Term:
    """A name the agent knows: its English form, its family, its role in a scene."""

    name: str
    family: str
    role: Role


@dataclass(frozen=True)
class Found:
    """A known name in a text: what it is, and where it stands."""

    term: Term
    start: int
    end: int
    written: str


@cache
def _names() -> dict[str, Term | None]:
    names: dict[str, Term | None] = dict.fromkeys(_DECOYS)
    for family, role, entries in _TABLE:
        for entry in re.split(r"[;\n]", entries):
            english, _, chinese = entry.strip().partition("=")
            forms = [*english.split(","), *chinese.split(",")]
            term = Term(forms[0], family, role)
            names.update({form: term for form in forms if form and names.get(form, term)})
    return names


def find_terms(low: str) -> list[Found]:
    """Find all known names in a lower-case text, longest first, in the order they stand.

    Example:
        >>> [found.term.name for found in find_terms("两只熊猫在竹林里, two foxes")]
        ['panda', 'bamboo forest', 'fox']
    """
    found = [*_english(low), *_chinese(low)]
    return sorted(found, key=lambda item: item.start)


def _english(low: str) -> Iterator[Found]:
    words = list(_WORD.finditer(low))
    index = 0
    while index < len(words):
        size, term = _longest(low, words, index)
        if term is not None:
            start, end = words[index].start(), words[index + size - 1].end()
            yield Found(term, start, end, low[start:end])
        index += size


def _longest(low: str, words: list[re.Match[str]], index: int) -> tuple[int, Term | None]:
    for size in range(min(_LONGEST_EN, len(words) - index), 0, -1):
        phrase = low[words[index].start() : words[index + size - 1].end()]
        for form in (phrase, phrase.removesuffix("s"), phrase.removesuffix("es")):
            if (term := _names().get(form)) is not None:
                return size, term
    return 1, None


def _chinese(low: str) -> Iterator[Found]:
    index = 0
    while index < len(low):
        size, term = _longest_chinese(low, index) if low[index] > "\u2fff" else (1, None)
        if term is not None:
            yield Found(term, index, index + size, low[index : index + size])
        index += size


def _longest_chinese(low: str, index: int) -> tuple[int, Term | None]:
    names = _names()
    for size in range(_LONGEST_ZH, 0, -1):
        form = low[index : index + size]
        if len(form) == size and form in names:
            return size, names[form]
    return 1, None

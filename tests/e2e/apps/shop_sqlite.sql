-- The same e-shop as an application keeps it in SQLite: booleans are 0 and 1, times ISO text, JSON text, and decimals
-- REAL in some columns, TEXT in others, and in those declared DECIMAL whatever NUMERIC affinity makes of them.

CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  first_name TEXT,
  last_name TEXT,
  phone TEXT,
  email_verified INTEGER NOT NULL DEFAULT 0,
  is_active BOOLEAN DEFAULT 1,
  preferences TEXT DEFAULT '{}',
  last_login TEXT,
  created_at TEXT,
  updated_at TEXT
);

CREATE TABLE admins (
  id INTEGER PRIMARY KEY,
  username TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL DEFAULT 'staff',
  is_active INTEGER NOT NULL DEFAULT 1,
  created_at TEXT
);

CREATE TABLE categories (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  parent_id INTEGER REFERENCES categories(id) ON DELETE CASCADE ON UPDATE CASCADE,
  sort_order INTEGER NOT NULL DEFAULT 0,
  is_visible INTEGER DEFAULT 1,
  updated_at TEXT
);

CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  sku TEXT UNIQUE,
  name TEXT NOT NULL,
  description TEXT,
  category_id INTEGER REFERENCES categories(id) ON DELETE SET NULL ON UPDATE CASCADE,
  created_by INTEGER REFERENCES admins(id) ON DELETE SET NULL,
  price REAL NOT NULL,
  list_price TEXT,
  cost DECIMAL(10,2),
  rating REAL DEFAULT 0,
  stock INTEGER NOT NULL DEFAULT 0,
  views INTEGER NOT NULL DEFAULT 0,
  images TEXT DEFAULT '[]',
  tags TEXT DEFAULT '[]',
  attributes TEXT DEFAULT '{}',
  dimensions TEXT,
  seo TEXT DEFAULT '{}',
  status TEXT NOT NULL DEFAULT 'draft',
  created_at TEXT,
  updated_at TEXT
);

CREATE TABLE user_addresses (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE ON UPDATE CASCADE,
  line1 TEXT NOT NULL,
  line2 TEXT,
  city TEXT NOT NULL,
  postcode TEXT,
  country TEXT NOT NULL DEFAULT 'DE',
  is_default INTEGER NOT NULL DEFAULT 0,
  updated_at TEXT
);

CREATE TABLE cart_items (
  id INTEGER PRIMARY KEY,
  user_id INTEGER REFERENCES users(id) ON DELETE CASCADE ON UPDATE CASCADE,
  session_id TEXT,
  product_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE ON UPDATE CASCADE,
  variant TEXT,
  quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0),
  updated_at TEXT,
  UNIQUE (user_id, product_id, variant),
  UNIQUE (session_id, product_id, variant)
);

CREATE TABLE wishlist_items (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE ON UPDATE CASCADE,
  product_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE ON UPDATE CASCADE,
  added_at TEXT,
  UNIQUE (user_id, product_id)
);

CREATE TABLE orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  order_number TEXT NOT NULL UNIQUE,
  user_id INTEGER REFERENCES users(id) ON DELETE CASCADE ON UPDATE CASCADE,
  status TEXT NOT NULL DEFAULT 'pending',
  payment_status TEXT NOT NULL DEFAULT 'open',
  payment_method TEXT,
  payment_reference TEXT,
  currency TEXT NOT NULL DEFAULT 'EUR',
  subtotal TEXT NOT NULL,
  discount TEXT DEFAULT '0.00',
  shipping_cost REAL DEFAULT 0,
  tax DECIMAL(10,2) DEFAULT 0,
  total REAL NOT NULL,
  coupon_code TEXT,
  ship_name TEXT,
  ship_line1 TEXT,
  ship_line2 TEXT,
  ship_city TEXT,
  ship_postcode TEXT,
  ship_country TEXT,
  bill_name TEXT,
  bill_line1 TEXT,
  bill_city TEXT,
  bill_postcode TEXT,
  bill_country TEXT,
  notes TEXT,
  tracking_number TEXT,
  shipped_at TEXT,
  created_at TEXT,
  updated_at TEXT
);

CREATE TABLE order_items (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE ON UPDATE CASCADE,
  product_id INTEGER REFERENCES products(id) ON DELETE SET NULL ON UPDATE CASCADE,
  name TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  unit_price DECIMAL(10,2) NOT NULL
);

CREATE TABLE product_reviews (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE ON UPDATE CASCADE,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE ON UPDATE CASCADE,
  order_id INTEGER REFERENCES orders(id) ON DELETE CASCADE ON UPDATE CASCADE,
  rating INTEGER NOT NULL,
  body TEXT,
  is_approved INTEGER NOT NULL DEFAULT 0,
  updated_at TEXT,
  UNIQUE (product_id, user_id, order_id)
);

CREATE TABLE search_history (
  id INTEGER PRIMARY KEY,
  user_id INTEGER REFERENCES users(id) ON DELETE CASCADE ON UPDATE CASCADE,
  query TEXT NOT NULL,
  results INTEGER,
  created_at TEXT
);

CREATE TABLE email_tokens (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE ON UPDATE CASCADE,
  token TEXT NOT NULL UNIQUE,
  expires_at TEXT NOT NULL
);

-- What was there before anybody thought of Postgres.
INSERT INTO admins VALUES (1, 'root', 'owner', 1, '2024-01-01 08:00:00'), (2, 'mia', 'manager', 1, NULL),
  (3, 'tom', 'staff', 0, '2024-01-02T09:30:00Z');
INSERT INTO categories VALUES (1, 'All', 'all', NULL, 0, 1, '2024-01-01 08:00:00'),
  (3, 'Tea', 'tea', 5, 1, 1, '2024-01-01 08:00:00'), (5, 'Drinks', 'drinks', 1, 0, 1, '2024-01-01 08:00:00'),
  (6, 'Cups', 'cups', 1, 2, 0, NULL), (7, 'Green tea', 'green-tea', 3, 0, 1, '2024-01-01T08:00:00.250Z');
INSERT INTO products(id, sku, name, category_id, created_by, price, list_price, cost, rating, stock, tags, dimensions,
    status, created_at, updated_at)
  VALUES (1, 'SEN-100', 'Sencha 100 g', 7, 1, 19.99, '24.90', '12.50', 4.5, 40, '["green","loose"]',
      '{"w": 10.5, "h": 20, "unit": "cm"}', 'active', '2024-01-01 08:00:00', '2024-01-02 08:00:00'),
    (2, NULL, 'Cup, blue', 6, 2, 8, NULL, 3, 0.1, 0, '[]', NULL, 'draft', '2024-01-01 08:00:00', NULL);

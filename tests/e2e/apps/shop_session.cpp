#include "tests/e2e/apps/shop_session.h"

#include <ctime>

namespace sluice::e2e {
namespace {

std::string quoted(const std::string& text) {
  return "'" + text + "'";
}

/// How applications write a time; the last one is a clock in another zone.
constexpr const char* kTimeForms[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.250Z",
                                      "%Y-%m-%d %H:%M:%S.123456", "%Y-%m-%dT%H:%M:%S+02:00"};

constexpr const char* kWords[] = {"tea",   "Tasse", "grün",    "blue",      "Zürich", "O''Hara",
                                  "100 %", "\\n",   "a|b",     "\"q\"",     "",       "日本茶",
                                  "semi;", "-- no", "{curly}", "tab\there", "$1 off"};

}  // namespace

ShopSession::ShopSession(SQLite::Database& database, unsigned seed, Slugs slugs)
    : actions_{{8, &ShopSession::sign_up},
               {14, &ShopSession::search},
               {16, &ShopSession::fill_cart},
               {6, &ShopSession::change_quantity},
               {2, &ShopSession::merge_guest_cart},
               {8, &ShopSession::toggle_wishlist},
               {10, &ShopSession::order},
               {8, &ShopSession::proceed},
               {3, &ShopSession::cancel},
               {6, &ShopSession::review},
               {5, &ShopSession::edit_profile},
               {5, &ShopSession::address_book},
               {2, &ShopSession::leave},
               {2, &ShopSession::come_back},
               {5, &ShopSession::new_product},
               {1, &ShopSession::drop_product},
               {5, &ShopSession::reprice},
               {4, &ShopSession::describe_product},
               {1, &ShopSession::swap_skus},
               {3, &ShopSession::new_category},
               {2, &ShopSession::rename_category},
               {2, &ShopSession::move_subtree},
               {1, &ShopSession::drop_category},
               {1, &ShopSession::staff},
               {1, &ShopSession::change_leaf_keys},
               {1, &ShopSession::change_parent_keys}},
      database_(database),
      dice_(seed) {
  if (slugs == Slugs::exchanged) actions_.push_back({1, &ShopSession::swap_slugs});
  for (const Action& action : actions_) weights_.push_back(action.weight);
  database_.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF");
}

void ShopSession::transaction() {
  database_.exec("BEGIN");
  const int actions = dice_.percent(10) ? 1 + dice_.pick(40) : 1 + dice_.pick(4);
  for (int i = 0; i < actions; ++i) (this->*actions_[dice_.weighted(weights_)].act)();
  database_.exec(dice_.percent(5) ? "ROLLBACK" : "COMMIT");
}

void ShopSession::exec(const std::string& sql) {
  database_.exec(sql);
  ++statements_;
}

std::int64_t ShopSession::number(const std::string& sql) {
  return database_.execAndGet(sql).getInt64();
}

std::string ShopSession::any(const std::string& table, const std::string& condition) {
  const std::string rows = " FROM " + table + " WHERE " + condition;
  const auto count = number("SELECT count(*)" + rows);
  if (count == 0) return "NULL";
  const int place = dice_.pick(static_cast<int>(count));
  return std::to_string(number("SELECT id" + rows + " ORDER BY id LIMIT 1 OFFSET " + std::to_string(place)));
}

std::string ShopSession::now() {
  const std::time_t time = 1'704'096'000 + 61 * statements_;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[40];
  const auto length = std::strftime(text, sizeof text, dice_.one_of(kTimeForms), &parts);
  return quoted(std::string(text, length));
}

std::string ShopSession::money() {
  const int cents = dice_.percent(20) ? 100 * dice_.pick(200) : dice_.pick(20'000);
  return std::to_string(cents / 100) + "." + std::to_string(cents / 10 % 10) + std::to_string(cents % 10);
}

std::string ShopSession::word() {
  return dice_.one_of(kWords);
}

void ShopSession::sign_up() {
  const std::string name = word();
  const std::string id = std::to_string(statements_);
  exec(
      "INSERT INTO users(email, password_hash, first_name, last_name, phone, preferences, created_at, "
      "updated_at)"
      " VALUES('user" +
      id + "@example.org', hex(" + id + "), " + quoted(name) + ", NULL, '+49 " + id + "', " +
      "json_object('name', " + quoted(name) + ", 'news', json('true'), 'size', 1.5), " + now() + ", " +
      now() + ")");
  exec(
      "INSERT INTO user_addresses(user_id, line1, city, postcode, is_default, updated_at)"
      " SELECT id, 'Street " +
      id + "', " + quoted(word()) + ", '0' || id, 1, " + now() + " FROM users WHERE email = 'user" + id +
      "@example.org'");
  exec("INSERT INTO email_tokens(user_id, token, expires_at) SELECT id, 'token " + id + "', " + now() +
       " FROM users WHERE email = 'user" + id + "@example.org'");
}

void ShopSession::search() {
  exec("INSERT INTO search_history(user_id, query, results, created_at) VALUES(" +
       (dice_.percent(30) ? "NULL" : any("users")) + ", " + quoted(word()) + ", " +
       std::to_string(dice_.pick(50)) + ", " + now() + ")");
  exec("UPDATE products SET views = views + 1 WHERE id = " + any("products"));
}

void ShopSession::fill_cart() {
  const bool guest = dice_.percent(30);
  const std::string product = any("products");
  const std::string user = guest ? "NULL" : any("users");
  if (product == "NULL" || (!guest && user == "NULL")) return;
  exec(
      "INSERT OR REPLACE INTO cart_items(user_id, session_id, product_id, variant, quantity, updated_at) "
      "VALUES(" +
      user + ", " + (guest ? "'guest " + std::to_string(dice_.pick(8)) + "'" : "NULL") + ", " + product +
      ", " + (dice_.percent(50) ? "NULL" : "'size " + std::to_string(dice_.pick(3)) + "'") + ", " +
      std::to_string(1 + dice_.pick(5)) + ", " + now() + ")");
}

void ShopSession::change_quantity() {
  const std::string line = any("cart_items", "variant IS NOT NULL AND user_id IS NOT NULL");
  exec(
      "INSERT INTO cart_items(user_id, product_id, variant, quantity, updated_at)"
      " SELECT user_id, product_id, variant, 1, " +
      now() + " FROM cart_items WHERE id = " + line +
      " ON CONFLICT(user_id, product_id, variant) DO UPDATE SET quantity = quantity + 1,"
      " updated_at = excluded.updated_at");
  if (dice_.percent(30)) exec("DELETE FROM cart_items WHERE id = " + any("cart_items"));
}

void ShopSession::merge_guest_cart() {
  exec("UPDATE OR REPLACE cart_items SET user_id = " + any("users") + ", session_id = NULL, updated_at = " +
       now() + " WHERE session_id = 'guest " + std::to_string(dice_.pick(8)) + "'");
}

void ShopSession::toggle_wishlist() {
  const std::string user = any("users");
  const std::string product = any("products", dice_.percent(50) ? "id < 4" : "1");
  if (user == "NULL" || product == "NULL") return;
  const std::string line = " WHERE user_id = " + user + " AND product_id = " + product;
  if (number("SELECT count(*) FROM wishlist_items" + line) > 0)
    return exec("DELETE FROM wishlist_items" + line);
  exec("INSERT INTO wishlist_items(user_id, product_id, added_at) VALUES(" + user + ", " + product + ", " +
       now() + ")");
}

void ShopSession::order() {
  const std::string user = any("users", "id IN (SELECT user_id FROM cart_items)");
  if (user == "NULL") return;
  const std::string number_text = "'O-" + std::to_string(statements_) + "'";
  const std::string cart =
      " FROM cart_items c JOIN products p ON p.id = c.product_id WHERE c.user_id = " + user;
  exec(
      "INSERT INTO orders(order_number, user_id, payment_method, subtotal, discount, shipping_cost, tax, "
      "total,"
      " ship_name, ship_line1, ship_city, ship_postcode, ship_country, bill_name, bill_country, notes, "
      "created_at,"
      " updated_at) SELECT " +
      number_text + ", u.id, 'card', printf('%.2f', s.sum), '" + money() + "', " + money() + ", '" + money() +
      "', round(s.sum * 1.19, 2), u.first_name, a.line1, a.city, a.postcode, a.country, u.last_name,"
      " 'CH', " +
      quoted(word()) + ", " + now() + ", " + now() +
      " FROM users u LEFT JOIN user_addresses a"
      " ON a.user_id = u.id AND a.is_default = 1, (SELECT sum(p.price * c.quantity) AS sum" +
      cart +
      ") s"
      " WHERE u.id = " +
      user + " LIMIT 1");
  exec(
      "INSERT INTO order_items(order_id, product_id, name, quantity, unit_price) SELECT (SELECT id FROM "
      "orders WHERE"
      " order_number = " +
      number_text + "), p.id, p.name, c.quantity, p.price" + cart);
  exec("UPDATE products SET stock = stock - 1, updated_at = " + now() +
       " WHERE id IN (SELECT product_id FROM"
       " cart_items WHERE user_id = " +
       user + ")");
  exec("DELETE FROM cart_items WHERE user_id = " + user);
}

void ShopSession::proceed() {
  const std::string due = any("orders", "status IN ('pending', 'paid', 'shipped')");
  exec(
      "UPDATE orders SET status = CASE status WHEN 'pending' THEN 'paid' WHEN 'paid' THEN 'shipped' ELSE "
      "'delivered'"
      " END, payment_status = 'paid', tracking_number = 'T' || id, shipped_at = " +
      now() + ", updated_at = " + now() + " WHERE id = " + due);
}

void ShopSession::cancel() {
  const std::string order = any("orders", "status = 'pending'");
  exec(
      "UPDATE products SET stock = stock + 1 WHERE id IN (SELECT product_id FROM order_items WHERE order_id "
      "= " +
      order + ")");
  exec("UPDATE orders SET status = 'cancelled', payment_status = 'refunded', updated_at = " + now() +
       " WHERE id = " + order);
  if (dice_.percent(30)) exec("DELETE FROM orders WHERE id = " + any("orders", "status = 'cancelled'"));
}

void ShopSession::review() {
  exec(
      "INSERT OR REPLACE INTO product_reviews(product_id, user_id, order_id, rating, body, updated_at)"
      " SELECT i.product_id, o.user_id, o.id, " +
      std::to_string(1 + dice_.pick(5)) + ", " + quoted(word()) + ", " + now() +
      " FROM orders o JOIN order_items i ON i.order_id = o.id"
      " WHERE i.product_id IS NOT NULL AND o.user_id IS NOT NULL AND o.id = " +
      any("orders"));
  exec(
      "UPDATE products SET rating = coalesce((SELECT round(avg(rating), 2) FROM product_reviews r"
      " WHERE r.product_id = products.id), 0) WHERE id = " +
      any("products"));
  if (dice_.percent(30)) {
    exec("UPDATE product_reviews SET is_approved = 1 - is_approved, updated_at = " + now() +
         " WHERE id = " + any("product_reviews"));
  }
}

void ShopSession::edit_profile() {
  exec("UPDATE users SET last_name = " + quoted(word()) + ", last_login = " + now() +
       ", email_verified = 1,"
       " preferences = json_set(preferences, '$.theme', " +
       quoted(word()) + "), updated_at = " + now() + " WHERE id = " + any("users"));
  exec("DELETE FROM email_tokens WHERE id = " + any("email_tokens"));
}

void ShopSession::address_book() {
  const std::string user = any("users");
  exec("UPDATE user_addresses SET is_default = 0, updated_at = " + now() + " WHERE user_id = " + user);
  exec(
      "INSERT INTO user_addresses(user_id, line1, line2, city, country, is_default, updated_at) SELECT id, " +
      quoted(word()) + ", " + quoted(word()) + ", 'Bern', 'CH', 1, " + now() +
      " FROM users WHERE id = " + user);
  if (dice_.percent(40)) exec("DELETE FROM user_addresses WHERE id = " + any("user_addresses"));
}

void ShopSession::leave() {
  exec("DELETE FROM users WHERE id = " + any("users"));
}

/// Deletes an account and makes another one for the same address, mostly before anybody has looked.
void ShopSession::come_back() {
  const std::string user = any("users");
  if (user == "NULL") return;
  const std::string email = database_.execAndGet("SELECT email FROM users WHERE id = " + user).getString();
  if (dice_.percent(50)) exec("DELETE FROM users WHERE id = " + user);
  exec("INSERT OR REPLACE INTO users(email, password_hash, created_at, updated_at) VALUES(" + quoted(email) +
       ", 'again', " + now() + ", " + now() + ")");
}

void ShopSession::new_product() {
  const std::string id = std::to_string(statements_);
  exec(
      "INSERT INTO products(sku, name, description, category_id, created_by, price, list_price, cost, stock, "
      "images,"
      " attributes, dimensions, status, created_at, updated_at) VALUES(" +
      (dice_.percent(20) ? "NULL" : "'SKU-" + id + "'") + ", 'Product " + id + "', " + quoted(word()) + ", " +
      any("categories") + ", " + any("admins") + ", " + money() + ", '" + money() + "', '" + money() + "', " +
      std::to_string(dice_.pick(100)) + ", json_array('a.jpg', json_object('src', " + quoted(word()) +
      ")), " + "json_object('weight', " + money() +
      ", 'deep', json('[1,[2,{\"x\":null}]]'), 'big', 9007199254740993), " +
      (dice_.percent(50) ? "NULL" : "'{ \"w\" : 1.25 , \"h\" : -3 }'") + ", 'active', " + now() + ", " +
      now() + ")");
}

void ShopSession::drop_product() {
  exec("DELETE FROM products WHERE id = " + any("products"));
}

void ShopSession::reprice() {
  exec("UPDATE products SET price = " + money() + ", list_price = '" + money() +
       "', cost = cost, updated_at = " + now() + " WHERE id = " + any("products"));
  if (dice_.percent(10)) {
    exec("UPDATE products SET price = round(price * 1.1, 2) WHERE category_id = " + any("categories"));
  }
}

void ShopSession::describe_product() {
  const std::string product = any("products");
  exec("UPDATE products SET tags = json_insert(tags, '$[#]', " + quoted(word()) +
       "), seo = json_object('title', " + quoted(word()) + "), description = " + quoted(word()) +
       ", status = " + (dice_.percent(20) ? "'archived'" : "'active'") + ", updated_at = " + now() +
       " WHERE id = " + product);
}

void ShopSession::swap_skus() {
  swap("products", "sku");
}

void ShopSession::new_category() {
  const std::string id = std::to_string(statements_);
  exec("INSERT INTO categories(name, slug, parent_id, sort_order, updated_at) VALUES(" + quoted(word()) +
       ", 'slug-" + id + "', " + any("categories") + ", " + std::to_string(dice_.pick(10)) + ", " + now() +
       ")");
}

void ShopSession::rename_category() {
  const std::string id = std::to_string(statements_);
  exec("UPDATE categories SET name = " + quoted(word()) + ", slug = 'renamed-" + id +
       "', updated_at = " + now() + " WHERE id = " + any("categories"));
}

/// Not below itself.
void ShopSession::move_subtree() {
  const std::string moved = any("categories", "parent_id IS NOT NULL");
  const std::string above =
      any("categories", "id NOT IN (WITH RECURSIVE below(id) AS (SELECT " + moved +
                            " UNION SELECT c.id FROM categories c JOIN below b ON"
                            " c.parent_id = b.id) SELECT id FROM below WHERE id NOT NULL)");
  exec("UPDATE categories SET parent_id = " + above + ", updated_at = " + now() + " WHERE id = " + moved);
}

void ShopSession::drop_category() {
  exec("DELETE FROM categories WHERE id = " + any("categories", "parent_id IS NOT NULL"));
}

void ShopSession::staff() {
  exec("INSERT OR IGNORE INTO admins(username, role, created_at) VALUES('admin " +
       std::to_string(dice_.pick(9)) + "', 'manager', " + now() + ")");
  exec("UPDATE admins SET is_active = 1 - is_active, role = 'staff' WHERE id = " + any("admins", "id > 1"));
  if (dice_.percent(30)) exec("DELETE FROM admins WHERE id = " + any("admins", "id > 1"));
}

void ShopSession::change_leaf_keys() {
  for (const std::string table : {"wishlist_items", "product_reviews", "user_addresses", "search_history"}) {
    exec("UPDATE " + table + " SET id = (SELECT max(id) + 3 FROM " + table + ") WHERE id = " + any(table));
  }
}

void ShopSession::change_parent_keys() {
  for (const std::string table : {"users", "products", "orders", "categories"}) {
    exec("UPDATE " + table + " SET id = (SELECT max(id) + 7 FROM " + table + ") WHERE id = " + any(table));
  }
}

void ShopSession::swap_slugs() {
  swap("categories", "slug");
}

void ShopSession::swap(const std::string& table, const std::string& column) {
  const std::string one = any(table);
  const std::string other = any(table, "id <> " + one);
  if (other == "NULL") return;
  const auto value = [&](const std::string& id) {
    return database_.execAndGet("SELECT quote(" + column + ") FROM " + table + " WHERE id = " + id)
        .getString();
  };
  const auto set = [&](const std::string& id, const std::string& to) {
    exec("UPDATE " + table + " SET " + column + " = " + to + ", updated_at = " + now() + " WHERE id = " + id);
  };
  const std::string of_one = value(one);
  const std::string of_other = value(other);
  set(one, "'aside'");
  set(other, of_one);
  set(one, of_other);
}

}  // namespace sluice::e2e

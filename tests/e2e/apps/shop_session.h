#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/e2e/cases/mirror.h"
#include "tests/fuzz/dice.h"

namespace sluice::e2e {

/// Do categories exchange their slugs? They are unique and never NULL, and a category that gives way even for
/// a moment takes others along with it: with plain constraints the server allows that in replica mode alone.
enum class Slugs { kept, exchanged };

/// What an e-shop's application writes in the course of its days, at random: people sign up, search, fill
/// carts, order, cancel, review and leave; the shop's own people reprice, rename and rearrange. Every
/// statement is one that SQLite accepts. The clock of the shop moves with its statements, so a seed gives the
/// same rows each time.
class ShopSession {
 public:
  ShopSession(SQLite::Database& database, unsigned seed, Slugs slugs);

  /// One transaction of one to forty of these actions, now and then rolled back.
  void transaction();

  int statements() const { return statements_; }

 private:
  void exec(const std::string& sql);
  std::int64_t number(const std::string& sql);
  /// A random row's id, as SQL; "NULL" where there is none.
  std::string any(const std::string& table, const std::string& condition = "1");
  std::string now();
  std::string money();
  std::string word();

  void sign_up();
  void search();
  void fill_cart();
  void change_quantity();
  void merge_guest_cart();
  void toggle_wishlist();
  void order();
  void proceed();
  void cancel();
  void review();
  void edit_profile();
  void address_book();
  void leave();
  void come_back();
  void new_product();
  void drop_product();
  void reprice();
  void describe_product();
  void swap_skus();
  void new_category();
  void rename_category();
  void move_subtree();
  void drop_category();
  void staff();
  void change_leaf_keys();
  void change_parent_keys();
  void swap_slugs();
  void swap(const std::string& table, const std::string& column);

  struct Action {
    int weight;
    void (ShopSession::*act)();
  };
  std::vector<Action> actions_;
  std::vector<int> weights_;
  SQLite::Database& database_;
  fuzz::Dice dice_;
  int statements_ = 0;
};

}  // namespace sluice::e2e
